package main

import (
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// specFlags are the flags of all commands that read specs.
func specFlags() []cli.Flag {
	return []cli.Flag{
		setFlag(),
		schemaFlag(),
		&cli.StringFlag{Name: "endpoint", Usage: "address of the API: `URL`", EnvVars: []string{"CIVIC_ENDPOINT"}},
		&cli.StringFlag{Name: "out", Usage: "write to `DIR` instead of load.to; with several specs, to a subfolder for each"},
		&cli.StringFlag{Name: "format", Usage: "write these formats instead of the spec's: `parquet,ndjson,tsv`"},
	}
}

func setFlag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "set", Usage: "override a value of the specs: `[PIPELINE:]key.path=value` (repeatable)",
	}
}

func schemaFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "schema", Usage: "use the API schema in `FILE` (SDL or introspection JSON) instead of the embedded one",
	}
}

func demoFlag() cli.Flag {
	return &cli.BoolFlag{Name: "demo", Usage: "use the embedded demo API instead of the network"}
}

// settings are the values that the command line and the environment give to specs.
func settings(c *cli.Context) (spec.Settings, error) {
	s := spec.Settings{
		Env:      os.LookupEnv,
		Set:      c.StringSlice("set"),
		Now:      time.Now(),
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
		return s, usagef("--format is empty; name one or more of parquet, ndjson, tsv, vcf")
	}
	var err error
	s.Schema, err = openSchema(c)
	return s, err
}

// notEmpty refuses flags with an empty value, which usually comes from an unset shell
// variable: without the flag, the command would do something else.
func notEmpty(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		if c.IsSet(name) && c.String(name) == "" && !(name == "endpoint" && endpointFromEnv()) {
			return usagef("--%s is empty; give it a value, or leave it out", name)
		}
	}
	return nil
}

// endpointFromEnv says whether the environment has a variable for the address: an empty
// one is ignored, although the library then reports the flag as set.
func endpointFromEnv() bool {
	_, found := os.LookupEnv("CIVIC_ENDPOINT")
	return found
}

// compile reads and compiles the specs of the command line. It reports the faults of
// all specs at once.
func compile(c *cli.Context) ([]*plan.Plan, error) {
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

// specs reads the specs of the command line, each once: `all evidence` equals `all`.
func specs(c *cli.Context) ([]pipelines.File, error) {
	if !c.Args().Present() {
		return nil, usagef("%s: name a spec: a file, a folder of *.yaml, a shipped pipeline (civic-etl list), or all",
			c.Command.Name)
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
