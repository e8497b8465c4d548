package main

import (
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
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
			if err := terminal.Print(c.App.Writer, render.Verification(v)); err != nil {
				return err
			}
		}
	}
	if c.Bool("json") {
		if err := terminal.PrintJSON(c.App.Writer, all); err != nil {
			return err
		}
	}
	if differs > 0 {
		failed = append(failed, differencef("verify: %s from the manifest", terminal.Count(int64(differs), "difference")))
	}
	return failed.err()
}
