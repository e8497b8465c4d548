package main

import (
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/render"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "browse the API schema, offline: connections, their arguments, a type's fields",
		ArgsUsage: "[CONNECTION | TYPE | CONNECTION.PATH | TYPE.PATH]",
		Description: `Without a name: the connections that a spec can extract from. With one: what a
spec can ask of it, in the words that a spec uses. What is shown as list<Disease>
has fields of its own: name one of them in the path, such as disease.name.

   civic-etl schema
   civic-etl schema evidenceItems
   civic-etl schema EvidenceItem.disease
   civic-etl schema variants.GeneVariant.coordinates
   civic-etl schema --find therapy`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "find", Usage: "list what goes by a `WORD`: names first, then descriptions"},
			&cli.BoolFlag{Name: "json", Usage: "print it as JSON"},
			&cli.StringFlag{Name: "schema", Usage: "the API's schema as SDL or introspection JSON, instead of the embedded one: `FILE`"},
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
		return usagef("schema shows one name, or what --find finds")
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
		return fmt.Errorf("schema: nothing of the API goes by %q", word)
	}
	return show(c, hits, render.Hits(hits))
}

// show prints a value as JSON, or its text.
func show(c *cli.Context, value any, text string) error {
	if !c.Bool("json") {
		return terminal.Print(c.App.Writer, text)
	}
	j, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return terminal.Print(c.App.Writer, string(j)+"\n")
}

// openSchema is the one --schema names, or the embedded one.
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
