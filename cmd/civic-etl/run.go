package main

import (
	"errors"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "extract, transform, load; several specs share one rate budget",
		ArgsUsage: "SPEC...",
		Description: `A SPEC is a file, a folder of *.yaml, the name of a shipped pipeline (civic-etl
list), or all for all of these but the releases. Pipelines that others refer to
go first, and references between them are checked.

   civic-etl run pipelines/evidence.yaml
   civic-etl run all --out civic`,
		Flags:  append(specFlags(), runFlags()...),
		Action: run,
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "demo", Usage: "ask the embedded stand-in of the API instead of the network"},
		&cli.StringSliceFlag{Name: "demo-nodes", Usage: "with --demo: serve the nodes of a connection from a file: `connection=FILE.ndjson[.gz]` (repeatable)"},
		&cli.IntFlag{Name: "limit", Usage: "only the first `N` records, for trying a spec", DefaultText: "all"},
		&cli.BoolFlag{Name: "stdout", Usage: "write rows to standard output (ndjson, or tsv by --format), nothing on disk"},
		&cli.StringFlag{Name: "table", Usage: "with --stdout: the `TABLE` to write, where the spec has several"},
		&cli.IntFlag{Name: "concurrency", Usage: "requests under way at once, instead of source.concurrency: `N`", DefaultText: "the spec's"},
		&cli.BoolFlag{Name: "resume", Value: true, Usage: "go on where a run of the same command was stopped; --resume=false starts anew"},
		stateFlag(),
		&cli.BoolFlag{Name: "fail-fast", Usage: "stop at the first pipeline that fails"},
		&cli.StringFlag{Name: "record", Usage: "keep the raw answers in `DIR` (no headers, no key)"},
		&cli.StringFlag{Name: "replay", Usage: "run over the answers kept in `DIR`, no network"},
		&cli.BoolFlag{Name: "allow-incomplete", Usage: "publish even if records are missing; the manifest says complete: false"},
		&cli.StringFlag{Name: "progress", Value: "auto", Usage: "`auto|plain|none`: a live line on a terminal, plain lines elsewhere, or nothing"},
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "`text|json`"},
		&cli.StringFlag{Name: "log-level", Value: "info", Usage: "`debug|info|warn|error`"},
		&cli.BoolFlag{Name: "q", Aliases: []string{"quiet"}, Usage: "say nothing but errors"},
	}
}

func run(c *cli.Context) error {
	voice, err := newVoice(c)
	if err != nil {
		return err
	}
	if err := checkRunFlags(c); err != nil {
		return err
	}
	plans, err := compile(c)
	if err != nil {
		return err
	}
	if err := checkStdout(c, plans); err != nil {
		return err
	}
	runner := newRunner(c, voice)
	if runner.State, err = openState(c, voice.warn); err != nil {
		return err
	}
	var summaries []pipelines.Summary
	err = withDemo(c, runner, func() error {
		summaries, err = runner.Run(c.Context, plans)
		return err
	})
	voice.summarize(summaries)
	unwritten := writeCatalog(c, voice, plans)
	if err != nil && unwritten != nil {
		voice.warn(unwritten.Error())
		return err
	}
	return errors.Join(err, unwritten)
}

// writeCatalog describes all that was published, where it is one folder of several
// pipelines' outputs.
func writeCatalog(c *cli.Context, v *voice, plans []*pipelines.Plan) error {
	if len(plans) < 2 || c.String("out") == "" || c.Context.Err() != nil {
		return nil
	}
	kept, err := pipelines.WriteCatalog(c.String("out"), plans)
	for _, file := range kept {
		v.warn(file + " is not of civic-etl: it stays, and that part of the catalog is not written")
	}
	return err
}

func newRunner(c *cli.Context, v *voice) *pipelines.Runner {
	r := &pipelines.Runner{
		Version:         version(),
		UserAgent:       userAgent(),
		Env:             os.LookupEnv,
		Concurrency:     c.Int("concurrency"),
		Limit:           c.Int("limit"),
		FailFast:        c.Bool("fail-fast"),
		AllowIncomplete: c.Bool("allow-incomplete"),
		Anew:            !c.Bool("resume"),
		Record:          c.String("record"),
		Replay:          c.String("replay"),
		Aside:           asideDir(c),
		Progress:        v.progress,
		Notice:          v.notice,
	}
	if c.Bool("stdout") {
		r.Stdout = c.App.Writer
		r.StdoutTable = c.String("table")
	}
	return r
}

// checkStdout makes sure that one table goes to standard output, as text. A
// spec's own formats are for disk; without --format it is NDJSON.
func checkStdout(c *cli.Context, plans []*pipelines.Plan) error {
	if !c.Bool("stdout") {
		return nil
	}
	if len(plans) != 1 {
		return usagef("--stdout writes one table of one spec, not of %d", len(plans))
	}
	if _, err := plans[0].StreamTable(c.String("table")); err != nil {
		return usage{err}
	}
	if f := plans[0].Formats; len(f) != 1 || f[0].Name == "parquet" {
		return usagef("--stdout writes ndjson or tsv; leave --format out for ndjson")
	}
	return nil
}

// checkRunFlags refuses what cannot be meant.
func checkRunFlags(c *cli.Context) error {
	switch {
	case c.IsSet("limit") && c.Int("limit") < 1:
		return usagef("--limit %d: give the number of records, 1 or more", c.Int("limit"))
	case c.IsSet("concurrency") && (c.Int("concurrency") < 1 || c.Int("concurrency") > 64):
		return usagef("--concurrency %d: give a number from 1 to 64", c.Int("concurrency"))
	case c.Bool("demo") && c.IsSet("endpoint") && !endpointOutside():
		return usagef("--demo and --endpoint exclude each other: --demo asks no network")
	case c.Bool("demo") && c.IsSet("replay"), c.IsSet("record") && c.IsSet("replay"):
		return usagef("--replay excludes --demo and --record: it runs over answers that were kept")
	case c.IsSet("demo-nodes") && !c.Bool("demo"):
		return usagef("--demo-nodes goes with --demo")
	case c.IsSet("table") && !c.Bool("stdout"):
		return usagef("--table goes with --stdout")
	case c.Bool("stdout") && c.IsSet("out"):
		return usagef("--stdout writes nothing on disk; leave out --out")
	}
	return nil
}
