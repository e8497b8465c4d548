package main

import (
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/load/inspect"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show schema, row groups, encodings, statistics and row counts of a file or published folder",
		ArgsUsage: "PATH",
		Description: `Shows the contents of a Parquet, NDJSON or TSV file of any program (text also as .gz
or .zst), of a manifest, of a file of rejects or of a published folder. Text files are
read to their end. They have no types: those shown are guessed from the values.

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
