package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "before a long run: is the endpoint there, the key accepted, the budget enough, the server's schema still what the specs need?",
		ArgsUsage: "SPEC...",
		Description: `Asks each endpoint once, a handful of requests in all, and writes nothing.
What has changed in the API since this program was made is named by the line of
the spec that it touches: an error would make a run fail, a warning may, a note
will not. Exit status 1 says that a run would fail, or that the key that is set
is not accepted.

   civic-etl check evidence
   civic-etl check pipelines/ --json
   civic-etl check evidence --endpoint http://127.0.0.1:8321/api/graphql`,
		Flags: append(specFlags(), stateFlag(),
			&cli.BoolFlag{Name: "demo", Usage: "ask the embedded stand-in of the API instead of the network"},
			&cli.BoolFlag{Name: "json", Usage: "print the report as JSON"}),
		Action: check,
	}
}

func check(c *cli.Context) error {
	plans, err := compile(c)
	if err != nil {
		return err
	}
	runner := &pipelines.Runner{UserAgent: userAgent(), Env: os.LookupEnv}
	if runner.State, err = openState(c, func(string) {}); err != nil {
		return err
	}
	return withDemo(c, runner, func() error {
		report := runner.Preflight(c.Context, plans)
		text := report.Text()
		if c.Bool("json") {
			j, err := json.MarshalIndent(report, "", "  ")
			if err != nil {
				return fmt.Errorf("check: %w", err)
			}
			text = string(j) + "\n"
		}
		if err := terminal.Print(c.App.Writer, text); err != nil {
			return err
		}
		return report.Err()
	})
}
