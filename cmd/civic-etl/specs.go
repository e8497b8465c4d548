package main

import (
	"os"
	"strings"
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
	if err := notEmpty(c, "out", "endpoint", "schema", "state", "record", "replay"); err != nil {
		return s, err
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

// notEmpty refuses flags that are given and empty, as of a shell's variable that is
// not set: left out, they mean something else.
func notEmpty(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		if c.IsSet(name) && c.String(name) == "" && !(name == "endpoint" && endpointOutside()) {
			return usagef("--%s is empty; give it a value, or leave it out", name)
		}
	}
	return nil
}

// endpointOutside says whether the address may be the environment's; one that is
// empty is none, and makes the flag look set.
func endpointOutside() bool {
	_, outside := os.LookupEnv("CIVIC_ENDPOINT")
	return outside
}

// compile reads and compiles every spec named on the command line; all faults
// of all of them are reported at once.
func compile(c *cli.Context) ([]*pipelines.Plan, error) {
	files, err := specs(c)
	if err != nil {
		return nil, err
	}
	s, err := settings(c)
	if err != nil {
		return nil, err
	}
	return pipelines.CompileAll(files, s)
}

// specs reads the specs named on the command line, each once: `all evidence` is all.
func specs(c *cli.Context) ([]pipelines.File, error) {
	if !c.Args().Present() {
		return nil, usagef("%s: name a spec: a file, a folder of *.yaml, a shipped pipeline (civic-etl list), or all for all of these", c.Command.Name)
	}
	var files []pipelines.File
	seen := map[string]bool{}
	for _, arg := range c.Args().Slice() {
		if c.Command.Name == "test" {
			arg = specOf(arg)
		}
		found, err := pipelines.Find(arg)
		if err != nil {
			return nil, usage{err}
		}
		for _, f := range found {
			if id := f.Name + "\x00" + string(f.Data); !seen[id] {
				files, seen[id] = append(files, f), true
			}
		}
	}
	return files, nil
}

// splitList reads a comma-separated flag.
func splitList(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
