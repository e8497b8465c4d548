package main

import (
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/load/verify"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check a published folder against its manifest; re-reads every file",
		ArgsUsage: "DIR...",
		Description: `Re-reads every file of a published folder with independent decoders, and compares
presence, bytes, SHA-256, rows, schema and partition with _manifest.json. Entries that
the manifest does not list are differences, too: files (also hidden ones), symlinks,
empty folders. All differences are listed at once.

   civic-etl verify out/evidence
   civic-etl verify out/* --json

Exit status: 0 the folder matches its manifest, 4 there are differences, 1 there is
no folder, or no manifest in it.`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"}},
		Action: verifyFolders,
	}
}

// verifyJSON is the output of --json, for one folder or several.
type verifyJSON struct {
	OK      bool             `json:"ok"`
	Folders []*verify.Result `json:"folders"`
}

func verifyFolders(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("verify: name a published folder, such as out/evidence")
	}
	all := verifyJSON{OK: true}
	var failed failures
	differs := 0
	for _, dir := range c.Args().Slice() {
		v, err := verify.Folder(c.Context, dir)
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
