package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:   "list",
		Usage:  "list the shipped pipelines, with what each extracts",
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the list as JSON, with the tables of each"}},
		Action: list,
	}
}

// listed is a shipped pipeline, under the name that commands take.
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
		return printJSON(c.App.Writer, all)
	}
	return printTo(c.App.Writer, table(func(w io.Writer) {
		for _, l := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\n", l.Name, l.Connection, l.Description)
		}
	}))
}
