package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "browse the API schema offline: connections, their arguments, fields of types",
		ArgsUsage: "[CONNECTION | TYPE | CONNECTION.PATH | TYPE.PATH]",
		Description: `Without a name, it lists the connections that a spec can extract from. With a
name, it lists the arguments and fields that a spec can use. A type such as
list<Disease> has fields of its own: name one in the path, such as disease.name.

   civic-etl schema
   civic-etl schema evidenceItems
   civic-etl schema EvidenceItem.disease
   civic-etl schema variants.GeneVariant.coordinates
   civic-etl schema --find therapy`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "find", Usage: "search for a `WORD` in names, then in descriptions"},
			&cli.BoolFlag{Name: "json", Usage: "print as JSON"},
			schemaFlag(),
		},
		Action: schema,
	}
}

func schema(c *cli.Context) error {
	s, err := openSchema(c)
	if err != nil {
		return err
	}
	switch {
	case c.Args().Len() > 1 || c.Args().Present() && c.IsSet("find"):
		return usagef("schema takes one name, or --find")
	case c.IsSet("find"):
		return find(c, s)
	case !c.Args().Present():
		list := browse.Connections(s)
		return show(c, list, render.Connections(list))
	}
	entries, err := browse.Lookup(s, c.Args().First())
	if err != nil {
		return usage{err}
	}
	return show(c, entries, render.Entries(entries))
}

func find(c *cli.Context, s *schemas.Schema) error {
	word := c.String("find")
	if word == "" {
		return usagef("--find is empty; give a word, such as therapy")
	}
	hits := browse.Search(s, word)
	if len(hits) == 0 && !c.Bool("json") {
		return fmt.Errorf("schema: no name or description contains %q", word)
	}
	return show(c, hits, render.Hits(hits))
}

// openSchema opens the schema that --schema names, or the embedded one.
func openSchema(c *cli.Context) (*schemas.Schema, error) {
	file := c.String("schema")
	if file == "" {
		return schemas.Embedded(), nil
	}
	schema, err := schemas.Open(file)
	if err != nil {
		return nil, usage{err}
	}
	return schema, nil
}
