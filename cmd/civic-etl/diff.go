package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/load/diff"
)

func diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "list records added, removed or changed between two published folders, by key",
		ArgsUsage: "OLD NEW",
		Description: `Compares the tables of two published folders by key, with typed values. The order of
rows does not matter. In a table without a key, whole rows are added or removed. Added,
removed and retyped columns are listed; records are compared by the columns that both
tables have. Each folder is read from Parquet if it has it, else NDJSON, else TSV. If
one folder has lists only as joined text in TSV, they are compared as text.

   civic-etl diff evidence-may evidence-june
   civic-etl diff --table evidence --limit 50 evidence-may evidence-june
   civic-etl diff --format ndjson evidence-may evidence-june > changes.ndjson
   civic-etl diff --exit-code -q evidence-may evidence-june || echo "something changed"

NDJSON has a line for each record: {table, change, key, columns: {name: {old, new}}}.
It omits changes of columns.`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "table", Usage: "compare this `TABLE` only (repeatable)"},
			&cli.IntFlag{
				Name: "limit", Value: -1, DefaultText: "10 in text, else all",
				Usage: "show at most `N` records of each table and kind of change",
			},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print as `text|json|ndjson`"},
			&cli.BoolFlag{Name: "json", Usage: "same as --format json: one document"},
			&cli.BoolFlag{Name: "ndjson", Usage: "same as --format ndjson: a line for each record that differs"},
			&cli.BoolFlag{Name: "exit-code", Usage: "exit with status 4 if anything differs"},
			&cli.BoolFlag{Name: "q", Aliases: []string{"quiet"}, Usage: "print nothing; use with --exit-code"},
		},
		Action: diffFolders,
	}
}

func diffFolders(c *cli.Context) error {
	form, err := diffForm(c)
	if err != nil {
		return err
	}
	comparison, err := diff.Open(c.Args().Get(0), c.Args().Get(1))
	if err != nil {
		return failures{err}
	}
	defer comparison.Close()
	tables, err := diffTables(c, comparison)
	if err != nil {
		return err
	}
	if !c.Bool("q") {
		err := render.Diff(c.Context, c.App.Writer, form, comparison, tables, c.Int("limit"))
		if err != nil {
			return failures{err}
		}
	}
	if c.Bool("exit-code") && slices.ContainsFunc(tables, func(t *diff.Table) bool { return !t.Equal() }) {
		return differencef("diff: %s and %s differ", c.Args().Get(0), c.Args().Get(1))
	}
	return nil
}

func diffForm(c *cli.Context) (string, error) {
	form := c.String("format")
	asked := map[string]bool{}
	if c.IsSet("format") {
		asked[form] = true
	}
	for _, name := range []string{"json", "ndjson"} {
		if c.Bool(name) {
			form, asked[name] = name, true
		}
	}
	switch {
	case c.Args().Len() != 2:
		return "", usagef("diff: name two published folders, the older first")
	case len(asked) > 1:
		return "", usagef("diff: choose one of --json, --ndjson and --format")
	case !slices.Contains([]string{"text", "json", "ndjson"}, form):
		return "", usagef("--format %s: give text, json or ndjson", form)
	case c.IsSet("limit") && c.Int("limit") < 0:
		return "", usagef("--limit %d: give the number of records to show, 0 or more", c.Int("limit"))
	}
	return form, nil
}

// diffTables compares the tables asked for, or all.
func diffTables(c *cli.Context, comparison *diff.Comparison) ([]*diff.Table, error) {
	all := comparison.Tables()
	names := c.StringSlice("table")
	if len(names) == 0 {
		names = all
	}
	var tables []*diff.Table
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, usagef("--table %s: neither folder has it; they have %s", name, strings.Join(all, ", "))
		}
		t, err := comparison.Table(c.Context, name)
		if err != nil {
			return nil, failures{err}
		}
		tables = append(tables, t)
	}
	return tables, nil
}
