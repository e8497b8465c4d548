package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines/starter"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a starter spec for a connection; it runs without changes",
		ArgsUsage: "CONNECTION",
		Description: `The spec has all plain values of the records, and the ids and names of the records
that they refer to. Its arguments state explicitly which records to extract.
civic-etl schema lists the connections.

   civic-etl init evidenceItems
   civic-etl init therapies -o therapies.yaml`,
		Flags: []cli.Flag{
			&cli.StringFlag{
				Name: "o", Aliases: []string{"output"},
				Usage: "write to `FILE`, which must not exist, instead of standard output",
			},
			&cli.BoolFlag{Name: "force", Usage: "with -o: replace an existing file"},
			schemaFlag(),
		},
		Action: start,
	}
}

func start(c *cli.Context) error {
	if c.Args().Len() != 1 {
		return usagef("init: name one connection, such as evidenceItems (civic-etl schema lists them)")
	}
	if c.Bool("force") && !c.IsSet("o") {
		return usagef("--force requires -o")
	}
	s, err := openSchema(c)
	if err != nil {
		return err
	}
	text, err := starter.Spec(s, c.Args().First())
	if err != nil {
		return usage{err}
	}
	if !c.IsSet("o") {
		return terminal.Print(c.App.Writer, text)
	}
	file := c.String("o")
	if err := writeNew(file, text, c.Bool("force")); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	fmt.Fprintf(c.App.ErrWriter, "wrote %s; preview it with civic-etl plan %s\n", file, file)
	return nil
}

// writeNew writes a new file, or replaces an existing one if force is set.
func writeNew(name, text string, force bool) (err error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(name, flags, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already; choose another name, or replace it with --force", name)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
