package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/schemas"
)

const statuses = `EXIT STATUS:
   0    published, or nothing wrong was found
   1    the run failed, or check found that it would; nothing was published
   2    usage or spec fault; nothing was asked of the API
   3    a data check or the completeness check failed; nothing was published
   4    verify, or diff --exit-code, found a difference
   130  interrupted (Ctrl-C); nothing was published; the same command goes on from there
   143  terminated; nothing was published; the same command goes on from there

ENVIRONMENT:
   CIVIC_API_KEY   API key, if you have one (or the variable source.api_key_env names)
   CIVIC_ENDPOINT  the API's address, instead of the spec's
   CIVIC_ETL_STATE where runs leave what the next may use, instead of ~/.local/state/civic-etl
`

// newApp describes the command line. Standard output carries only what was
// asked for; everything else goes to stderr.
func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:      "civic-etl",
		Usage:     "extract CIViC, flatten it, publish it as Parquet, NDJSON or TSV: complete, or not at all",
		Version:   version(),
		Writer:    stdout,
		ErrWriter: stderr,
		// The library would call os.Exit past our defers; execute reports instead.
		ExitErrHandler:         func(*cli.Context, error) {},
		OnUsageError:           usageError,
		HideVersion:            true,
		Suggest:                true,
		CustomAppHelpTemplate:  cli.AppHelpTemplate + "\n" + statuses,
		UseShortOptionHandling: false,
		// A value of --set may hold commas: load.formats=[parquet, tsv].
		DisableSliceFlagSeparator: true,
		Action:                    noCommand,
		Commands: []*cli.Command{
			runCommand(), validateCommand(), planCommand(), checkCommand(), testCommand(), listCommand(),
			inspectCommand(), verifyCommand(), diffCommand(),
			schemaCommand(), initCommand(), demoCommand(), completionCommand(), versionCommand(), completeCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError // not inherited
		c.CustomHelpTemplate = cli.CommandHelpTemplate + "\n" + statuses
	}
	return app
}

// usage is a fault of the command line.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

func usageError(_ *cli.Context, err error, _ bool) error {
	return usage{fmt.Errorf("%w; see civic-etl help", err)}
}

func noCommand(c *cli.Context) error {
	if c.Args().Len() == 0 {
		return cli.ShowAppHelp(c)
	}
	name := c.Args().First()
	var names []string
	for _, command := range visible(c.App.Commands) {
		names = append(names, command.value)
	}
	if near := schemas.Nearest(name, names); near != "" {
		return usagef("no command %q; did you mean %s?", name, near)
	}
	return usagef("no command %q; see civic-etl help", name)
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage{errors.New("version takes no arguments")}
			}
			_, err := fmt.Fprintf(c.App.Writer, "civic-etl %s\n", version())
			return err
		},
	}
}
