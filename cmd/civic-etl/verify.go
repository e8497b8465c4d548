package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "does DIR still hold exactly what its manifest says? re-reads every file",
		ArgsUsage: "DIR...",
		Description: `Re-reads every file of a published folder with decoders that did not write it, and holds presence, bytes,
SHA-256, rows, schema and partition against _manifest.json. What is in the folder and not in the manifest is a
difference too: files, the hidden ones included, symlinks, empty folders. All differences are listed at once.

   civic-etl verify out/evidence
   civic-etl verify out/* --json

Exit status: 0 all is as the manifest says, 4 there are differences, 1 there is nothing to verify: no folder, or
a folder without manifest.`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"}},
		Action: verify,
	}
}

// verifyJSON is what --json prints, whatever the number of folders.
type verifyJSON struct {
	OK      bool                      `json:"ok"`
	Folders []*pipelines.Verification `json:"folders"`
}

func verify(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("verify: name a published folder, such as out/evidence")
	}
	all := verifyJSON{OK: true}
	var failed failures
	differs := 0
	for _, dir := range c.Args().Slice() {
		v, err := pipelines.Verify(c.Context, dir)
		if err != nil {
			all.OK = false
			failed = append(failed, err)
			continue
		}
		all.Folders = append(all.Folders, v)
		all.OK = all.OK && v.OK
		differs += len(v.Findings)
		if !c.Bool("json") {
			if err := printVerification(c.App.Writer, v); err != nil {
				return err
			}
		}
	}
	if c.Bool("json") {
		if err := printJSON(c.App.Writer, all); err != nil {
			return err
		}
	}
	if differs > 0 {
		failed = append(failed, differencef("verify: %s from the manifest", count(int64(differs), "difference")))
	}
	return failed.err()
}

func printVerification(w io.Writer, v *pipelines.Verification) error {
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%s: %s: %s\n", shown(v.Folder+"/"+f.Path), f.Kind, shown(f.Message))
	}
	if v.OK {
		fmt.Fprintf(&b, "%s: ok: %s, %s, %s, %s%s\n", shown(v.Folder), count(int64(v.Tables), "table"), count(int64(v.Files), "file"),
			count(v.Rows, "row"), humanize.IBytes(uint64(v.Bytes)), standing(v))
	}
	return printTo(w, b.String())
}

// standing says how much of the source a folder holds, unless it is all.
func standing(v *pipelines.Verification) string {
	records := humanize.Comma(v.Records) + " of " + count(v.TotalCount, "record")
	switch v.Status {
	case "complete":
		return ", complete"
	case "incomplete":
		return ", incomplete: " + records
	case "limited":
		return ", limited by --limit: " + records
	case "":
		return ""
	}
	return ", " + shown(v.Status)
}

// count is a number of things in words.
func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return humanize.Comma(n) + " " + what
}
