package main

import (
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/verify"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show schema, row groups, encodings, statistics and row counts of a file or published folder",
		ArgsUsage: "PATH",
		Description: `Shows the contents of a Parquet, NDJSON or TSV file of any program (text also as .gz
or .zst), of a manifest, of a file of rejects or of a published folder. Text files are
read to their end. They have no types: the types shown are guessed from the values.

   civic-etl inspect out/evidence
   civic-etl inspect out/evidence/evidence.parquet --rows 3
   civic-etl inspect out/evidence/evidence.parquet --json`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "rows", Usage: "also show the first `N` rows"},
			&cli.BoolFlag{Name: "json", Usage: "print everything as JSON, without abridging"},
		},
		Action: inspectPath,
	}
}

func inspectPath(c *cli.Context) error {
	switch {
	case c.Args().Len() != 1:
		return usagef("inspect: name one file or published folder")
	case c.Int("rows") < 0:
		return usagef("--rows %d: give the number of rows to show", c.Int("rows"))
	}
	in, err := inspect.Read(c.Context, c.Args().First(), c.Int("rows"))
	if err != nil {
		return failures{err}
	}
	if c.Bool("json") {
		return terminal.PrintJSON(c.App.Writer, in)
	}
	return terminal.Print(c.App.Writer, render.Inspection(in))
}

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
	var all verifyJSON
	var failed failures
	differs := 0
	for _, dir := range c.Args().Slice() {
		v, err := verify.Folder(c.Context, dir)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		all.Folders = append(all.Folders, v)
		differs += len(v.Findings)
		if !c.Bool("json") {
			if err := terminal.Print(c.App.Writer, render.Verification(v)); err != nil {
				return err
			}
		}
	}
	all.OK = len(failed) == 0 && differs == 0
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
