package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/schemas"
)

// specFlags are those of every command that reads specs.
func specFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "set", Usage: "put `key.path=value` over the spec (repeatable)"},
		&cli.StringFlag{Name: "schema", Usage: "the API's schema as SDL or introspection JSON, instead of the embedded one: `FILE`"},
		&cli.StringFlag{Name: "endpoint", Usage: "the API's address: `URL`", EnvVars: []string{"CIVIC_ENDPOINT"}},
		&cli.StringFlag{Name: "out", Usage: "write to `DIR` instead of load.to; with several specs, the folder that holds one folder each"},
		&cli.StringFlag{Name: "format", Usage: "write these formats instead of the spec's: `parquet,ndjson,tsv`"},
	}
}

// settings are what the command line and the environment say to a spec.
func settings(c *cli.Context) (pipelines.Settings, error) {
	s := pipelines.Settings{
		Env:      os.LookupEnv,
		Set:      c.StringSlice("set"),
		Now:      time.Now(),
		Schema:   schemas.Embedded(),
		Out:      c.String("out"),
		Formats:  splitList(c.String("format")),
		Endpoint: c.String("endpoint"),
	}
	if c.Bool("stdout") && len(s.Formats) == 0 {
		s.Formats = []string{"ndjson"}
	}
	if c.IsSet("format") && len(s.Formats) == 0 {
		return s, usagef("--format is empty; name one or more of parquet, ndjson, tsv")
	}
	if file := c.String("schema"); file != "" {
		schema, err := schemas.Open(file)
		if err != nil {
			return s, usage{err}
		}
		s.Schema = schema
	}
	return s, nil
}

// compile reads and compiles every spec named on the command line; all faults
// of all of them are reported at once.
func compile(c *cli.Context) ([]*pipelines.Plan, error) {
	if !c.Args().Present() {
		return nil, usagef("%s: name a spec: a file, a folder of *.yaml, or a shipped pipeline (civic-etl list)", c.Command.Name)
	}
	s, err := settings(c)
	if err != nil {
		return nil, err
	}
	var files []pipelines.File
	for _, arg := range c.Args().Slice() {
		found, err := pipelines.Find(arg)
		if err != nil {
			return nil, usage{err}
		}
		files = append(files, found...)
	}
	return pipelines.CompileAll(files, s)
}

// printTo writes what was asked for to standard output.
func printTo(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

var errOneSpec = errors.New("plan takes one spec; civic-etl validate takes several")
