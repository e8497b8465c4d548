package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines/catalog"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// jsonLog is the key of a log in JSON in the app's metadata: execute reports the error there.
const jsonLog = "json log"

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "extract, transform and load; several specs share one rate limit",
		ArgsUsage: "SPEC...",
		Description: `A SPEC is a file, a folder of *.yaml, the name of a shipped pipeline (civic-etl
list), or all: every shipped pipeline except the releases. Referenced pipelines
run first, and references between pipelines are checked.

   civic-etl run pipelines/evidence.yaml
   civic-etl run all --out civic`,
		Flags:  append(specFlags(), runFlags()...),
		Action: runSpecs,
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		demoFlag(),
		&cli.StringSliceFlag{
			Name:  "demo-nodes",
			Usage: "with --demo: serve the records of a connection from `connection=FILE.ndjson[.gz]` (repeatable)",
		},
		&cli.IntFlag{Name: "limit", Usage: "read the first `N` records only, to try a spec", DefaultText: "all"},
		&cli.BoolFlag{Name: "stdout", Usage: "write rows to standard output, not to disk, as ndjson or tsv (--format)"},
		&cli.StringFlag{Name: "table", Usage: "with --stdout: the `TABLE` to write, if the spec has several"},
		&cli.IntFlag{
			Name: "concurrency", DefaultText: "the spec's",
			Usage: "send at most `N` requests at once, instead of source.concurrency",
		},
		&cli.BoolFlag{
			Name: "resume", Value: true,
			Usage: "resume an interrupted run of the same command; --resume=false starts from the beginning",
		},
		stateFlag(),
		&cli.BoolFlag{Name: "fail-fast", Usage: "stop at the first pipeline that fails"},
		&cli.StringFlag{Name: "record", Usage: "save the raw responses in `DIR` (no headers, no API key)"},
		&cli.StringFlag{Name: "replay", Usage: "read the responses saved in `DIR` instead of the network"},
		&cli.BoolFlag{Name: "allow-incomplete", Usage: "publish even if records are missing; the manifest says so"},
		&cli.StringFlag{
			Name: "progress", Value: "auto",
			Usage: "`auto|plain|none`: auto shows a live line on a terminal and plain lines elsewhere",
		},
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "write log lines as `text|json`"},
		&cli.StringFlag{Name: "log-level", Value: "info", Usage: "lowest level of log lines: `debug|info|warn|error`"},
		&cli.BoolFlag{Name: "q", Aliases: []string{"quiet"}, Usage: "print errors only"},
	}
}

func runSpecs(c *cli.Context) error {
	reporter, err := newReporter(c)
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
	runner := newRunner(c, reporter)
	if runner.State, err = openState(c, reporter.Warn); err != nil {
		return err
	}
	var summaries []run.Summary
	err = withDemo(c, runner, func() error {
		summaries, err = runner.Run(c.Context, plans)
		return err
	})
	reporter.Summarize(summaries)
	unwritten := writeCatalog(c, reporter, plans)
	if err != nil && unwritten != nil {
		reporter.Warn(unwritten.Error())
		return err
	}
	return errors.Join(err, unwritten)
}

func newReporter(c *cli.Context) (*terminal.Reporter, error) {
	r, err := terminal.NewReporter(c.App.ErrWriter, terminal.Options{
		Level: c.String("log-level"), Format: c.String("log-format"), Progress: c.String("progress"), Quiet: c.Bool("q"),
	})
	if err != nil {
		return nil, usage{err}
	}
	if log := r.JSONLog(); log != nil {
		c.App.Metadata[jsonLog] = log
	}
	return r, nil
}

// writeCatalog describes the published outputs, if several pipelines published to one
// folder.
func writeCatalog(c *cli.Context, r *terminal.Reporter, plans []*plan.Plan) error {
	if len(plans) < 2 || c.String("out") == "" || c.Context.Err() != nil {
		return nil
	}
	kept, err := catalog.Write(c.String("out"), plans)
	for _, file := range kept {
		r.Warn(file + " was not written by civic-etl: it is kept, and this part of the catalog is skipped")
	}
	return err
}

func newRunner(c *cli.Context, reporter *terminal.Reporter) *run.Runner {
	r := &run.Runner{
		Version:         version(),
		UserAgent:       userAgent(),
		Env:             os.LookupEnv,
		Concurrency:     c.Int("concurrency"),
		Limit:           c.Int("limit"),
		FailFast:        c.Bool("fail-fast"),
		AllowIncomplete: c.Bool("allow-incomplete"),
		NoResume:        !c.Bool("resume"),
		Record:          c.String("record"),
		Replay:          c.String("replay"),
		Progress:        reporter.Progress,
		Notice:          reporter.Notice,
	}
	if dir, err := stateDir(c); err == nil {
		r.PublishDir = filepath.Join(dir, "publishing") // no reader's glob pattern covers it
	}
	if c.Bool("stdout") {
		r.Stdout = c.App.Writer
		r.StdoutTable = c.String("table")
	}
	return r
}

// checkStdout makes sure that standard output gets one table, as text. The formats of
// the spec are for the disk; without --format it is NDJSON.
func checkStdout(c *cli.Context, plans []*plan.Plan) error {
	if !c.Bool("stdout") {
		return nil
	}
	if len(plans) != 1 {
		return usagef("--stdout writes one table of one spec, not of %d", len(plans))
	}
	if _, err := plans[0].StreamTable(c.String("table")); err != nil {
		return usage{err}
	}
	if f := plans[0].Formats; len(f) != 1 || !f[0].Streams() {
		return usagef("--stdout writes ndjson or tsv; leave --format out for ndjson")
	}
	return nil
}

// checkRunFlags refuses combinations of flags that contradict each other.
func checkRunFlags(c *cli.Context) error {
	switch {
	case c.IsSet("limit") && c.Int("limit") < 1:
		return usagef("--limit %d: give the number of records, 1 or more", c.Int("limit"))
	case c.IsSet("concurrency") && (c.Int("concurrency") < 1 || c.Int("concurrency") > 64):
		return usagef("--concurrency %d: give a number from 1 to 64", c.Int("concurrency"))
	case c.Bool("demo") && c.IsSet("endpoint") && !endpointFromEnv():
		return usagef("--demo and --endpoint exclude each other: --demo does not use the network")
	case c.Bool("demo") && c.IsSet("replay"), c.IsSet("record") && c.IsSet("replay"):
		return usagef("--replay excludes --demo and --record: it reads saved responses")
	case c.IsSet("demo-nodes") && !c.Bool("demo"):
		return usagef("--demo-nodes requires --demo")
	case c.IsSet("table") && !c.Bool("stdout"):
		return usagef("--table requires --stdout")
	case c.Bool("stdout") && c.IsSet("out"):
		return usagef("--stdout writes nothing on disk; leave out --out")
	}
	return nil
}

// stateFlag is the flag of all commands that ask the API.
func stateFlag() cli.Flag {
	return &cli.StringFlag{
		Name:        "state",
		Usage:       "keep the state for resuming and for the shared rate limit in `DIR`",
		DefaultText: "$CIVIC_ETL_STATE, $XDG_STATE_HOME/civic-etl or ~/.local/state/civic-etl",
	}
}

// openState opens the folder for state, or none for a run without network. A folder
// that --state names must be usable; without another, the run warns and continues.
func openState(c *cli.Context, warn func(text string)) (*state.Folder, error) {
	if c.Bool("demo") || c.String("replay") != "" {
		return nil, nil
	}
	dir, err := stateDir(c)
	if err == nil {
		var folder *state.Folder
		if folder, err = state.Open(dir); err == nil {
			folder.Required = c.String("state") != ""
			return folder, nil
		}
	}
	if c.String("state") != "" {
		return nil, fmt.Errorf("--state: %w", err)
	}
	warn(fmt.Sprintf("no folder for state: %v; an interrupted run cannot resume, and requests of other runs are "+
		"not counted; name a folder with --state", err))
	return nil, nil
}

// stateDir is the folder for state: of the flag, or the default.
func stateDir(c *cli.Context) (string, error) {
	if dir := cmp.Or(c.String("state"), os.Getenv("CIVIC_ETL_STATE")); dir != "" {
		return dir, nil
	}
	// The XDG base directory specification says to ignore relative paths.
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "civic-etl"), nil
	}
	home, err := os.UserHomeDir()
	if err == nil && !filepath.IsAbs(home) {
		err = errors.New("$HOME is not absolute")
	}
	return filepath.Join(home, ".local", "state", "civic-etl"), err
}
