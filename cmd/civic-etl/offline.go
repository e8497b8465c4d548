package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

func validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check specs offline; every fault with file:line:column, all at once",
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
		Usage:     "show what a run would do: query, paging, columns with types, files, requests; offline but for --probe",
		ArgsUsage: "SPEC",
		Flags: append(specFlags(),
			&cli.BoolFlag{Name: "json", Usage: "print the plan as JSON"},
			&cli.BoolFlag{Name: "probe", Usage: "ask the API how many records there are now (one request)"},
			&cli.BoolFlag{Name: "demo", Usage: "with --probe: ask the embedded stand-in"}),
		Action: plan,
	}
}

func plan(c *cli.Context) error {
	plans, err := compile(c)
	if err != nil {
		return err
	}
	if len(plans) != 1 {
		return usagef("plan takes one spec, these are %d; civic-etl validate takes several", len(plans))
	}
	if c.Bool("probe") {
		return probe(c, plans[0])
	}
	if !c.Bool("json") {
		return printTo(c.App.Writer, plans[0].Text())
	}
	text, err := json.MarshalIndent(plans[0], "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return printTo(c.App.Writer, string(text)+"\n")
}

// probe prints the plan, headed by what the API says now.
func probe(c *cli.Context, p *pipelines.Plan) error {
	if c.Bool("json") {
		return usagef("--probe goes with the plan as text, not with --json")
	}
	runner := &pipelines.Runner{UserAgent: userAgent(), Env: os.LookupEnv}
	return withDemo(c, runner, func() error {
		total, err := runner.Probe(c.Context, p)
		if err != nil {
			return err
		}
		return printTo(c.App.Writer, fmt.Sprintf("probe       %s records now\n%s", humanize.Comma(total), p.Text()))
	})
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
