package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

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
		Flags:                     []cli.Flag{cli.HelpFlag},
		Commands: []*cli.Command{
			runCommand(), validateCommand(), planCommand(), checkCommand(), testCommand(), listCommand(),
			inspectCommand(), verifyCommand(), diffCommand(),
			schemaCommand(), initCommand(), demoCommand(), completionCommand(), versionCommand(), helpCommand(), completeCommand(),
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

// usageError says what is wrong with a flag, in our words where it is unknown.
func usageError(c *cli.Context, err error, _ bool) error {
	flag, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return usage{fmt.Errorf("%w; see civic-etl help", err)}
	}
	of, hint := "civic-etl", "see civic-etl help"
	var names []string
	if c.Command != nil && c.Command.Name != c.App.Name {
		of, hint = c.Command.Name, "see civic-etl help "+c.Command.Name
		for _, f := range c.Command.Flags {
			names = append(names, f.Names()...)
		}
	}
	if near := schemas.Nearest(flag, names); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usagef("%s has no flag --%s; %s", of, flag, hint)
}

func noCommand(c *cli.Context) error {
	if c.Args().Len() == 0 {
		return cli.ShowAppHelp(c)
	}
	return unknownCommand(c.App, c.Args().First())
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, command := range visible(app.Commands) {
		names = append(names, command.value)
	}
	if near := schemas.Nearest(name, names); near != "" {
		return usagef("no command %q; did you mean %s?", name, near)
	}
	return usagef("no command %q; see civic-etl help", name)
}

// helpCommand stands in for the library's, whose errors are none of the command line.
func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Aliases:   []string{"h"},
		Usage:     "show the commands, or help for one",
		ArgsUsage: "[COMMAND]",
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			switch {
			case c.Args().Len() > 1:
				return usagef("help: name one command")
			case name == "":
				return cli.ShowAppHelp(c)
			case named(c.App.Commands, name) == nil:
				return unknownCommand(c.App, name)
			}
			return cli.ShowCommandHelp(c.Lineage()[1], name)
		},
	}
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
