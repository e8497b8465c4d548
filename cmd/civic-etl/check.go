package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines/run"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "check endpoint, API key, rate limit and the server's schema before a long run",
		ArgsUsage: "SPEC...",
		Description: `Sends a few requests to each endpoint and writes nothing. It reports changes of
the API since this version of the program, by the lines of the spec that they
affect: an error makes a run fail, a warning can, a note cannot. Exit status 1: a
run would fail, or the server rejects the API key.

   civic-etl check evidence
   civic-etl check pipelines/ --json
   civic-etl check evidence --endpoint http://127.0.0.1:8321/api/graphql`,
		Flags: append(specFlags(), stateFlag(), demoFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print the report as JSON"}),
		Action: check,
	}
}

func check(c *cli.Context) error {
	plans, err := compile(c)
	if err != nil {
		return err
	}
	runner := &run.Runner{UserAgent: userAgent(), Env: os.LookupEnv}
	if runner.State, err = openState(c, func(string) {}); err != nil {
		return err
	}
	return withDemo(c, runner, func() error {
		report := runner.Preflight(c.Context, plans)
		if err := show(c, report, report.Text()); err != nil {
			return err
		}
		return report.Err()
	})
}
