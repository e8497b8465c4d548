package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
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
		ExitErrHandler:        func(*cli.Context, error) {},
		OnUsageError:          usageError,
		HideVersion:           true,
		CustomAppHelpTemplate: cli.AppHelpTemplate + "\n" + statuses,
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

// usageError marks the library's errors about flags as faults of the command line.
func usageError(_ *cli.Context, err error, _ bool) error {
	return usagef("%w; see civic-etl help", err)
}

// unknownFlag is the error for a flag that does not exist, or nil.
func unknownFlag(app *cli.App, words []string) error {
	name, command := args.Unknown(app, words)
	if name == "" {
		return nil
	}
	owner, hint := "civic-etl", "see civic-etl help"
	var names []string
	if command != nil {
		owner, hint = command.Name, "see civic-etl help "+command.Name
		for _, f := range command.Flags {
			names = append(names, f.Names()...)
		}
	}
	if near := schemas.Nearest(name, names); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usagef("%s has no flag --%s; %s", owner, name, hint)
}

func noCommand(c *cli.Context) error {
	if c.Args().Len() == 0 {
		return cli.ShowAppHelp(c)
	}
	return unknownCommand(c.App, c.Args().First())
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, command := range app.VisibleCommands() {
		names = append(names, command.Name)
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
			case args.Command(c.App.Commands, name) == nil:
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

// release is set by the release build: -ldflags "-X main.release=1.2.3".
var release = ""

// version is the release, or the module version `go install` recorded, or dev.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// userAgent names the program to the API's operators, as they ask.
func userAgent() string {
	return "civic-etl/" + version() + " (+https://github.com/civic-etl/civic-etl)"
}
