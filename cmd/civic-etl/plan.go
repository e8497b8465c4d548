package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/run"
)

func validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check specs offline; reports all faults at once, with file:line:column",
		ArgsUsage: "SPEC...",
		Flags:     specFlags(),
		Action: func(c *cli.Context) error {
			plans, err := compile(c)
			if err != nil {
				return err
			}
			for _, p := range plans {
				fmt.Fprintf(c.App.Writer, "%s: ok\n", p.Spec.File)
			}
			return nil
		},
	}
}

func planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what a run would do: query, paging, columns with types, files, requests; offline without --probe",
		ArgsUsage: "SPEC",
		Flags: append(specFlags(),
			&cli.BoolFlag{Name: "json", Usage: "print the plan as JSON"},
			&cli.BoolFlag{Name: "probe", Usage: "ask the API for the current number of records (one request)"},
			&cli.BoolFlag{Name: "demo", Usage: "with --probe: use the embedded demo API"}),
		Action: planSpec,
	}
}

func planSpec(c *cli.Context) error {
	plans, err := compile(c)
	if err != nil {
		return err
	}
	if len(plans) != 1 {
		return usagef("plan takes one spec, not %d; civic-etl validate takes several", len(plans))
	}
	if c.Bool("probe") {
		return probe(c, plans[0])
	}
	return show(c, plans[0], plans[0].Text())
}

// probe prints the plan after the current number of records.
func probe(c *cli.Context, p *plan.Plan) error {
	if c.Bool("json") {
		return usagef("--probe and --json exclude each other: --probe needs the plan as text")
	}
	runner := &run.Runner{UserAgent: userAgent(), Env: os.LookupEnv}
	return withDemo(c, runner, func() error {
		total, err := runner.Probe(c.Context, p)
		if err != nil {
			return err
		}
		return terminal.Print(c.App.Writer, fmt.Sprintf("probe       %s records now\n%s", humanize.Comma(total), p.Text()))
	})
}

func listCommand() *cli.Command {
	return &cli.Command{
		Name:   "list",
		Usage:  "list the shipped pipelines and what each extracts",
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the list as JSON, with the tables of each"}},
		Action: list,
	}
}

// listed is a shipped pipeline with the name that commands accept.
type listed struct {
	Name        string   `json:"name"`
	Connection  string   `json:"connection"`
	Description string   `json:"description"`
	Tables      []string `json:"tables"`
}

func list(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("list takes no arguments")
	}
	s, err := settings(c)
	if err != nil {
		return err
	}
	plans, err := pipelines.CompileAll(pipelines.Shipped(), s)
	if err != nil {
		return err
	}
	var all []listed
	for _, p := range plans {
		l := listed{Name: strings.TrimSuffix(p.Spec.File, ".yaml"), Connection: p.From(), Description: p.Spec.Description}
		for _, t := range p.Tables {
			l.Tables = append(l.Tables, t.Name)
		}
		all = append(all, l)
	}
	if c.Bool("json") {
		return terminal.PrintJSON(c.App.Writer, all)
	}
	return terminal.Print(c.App.Writer, terminal.Table(func(w io.Writer) {
		for _, l := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\n", l.Name, l.Connection, l.Description)
		}
	}))
}
