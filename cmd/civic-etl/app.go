package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/schemas"
)

const statuses = `EXIT STATUS:
   0    published, or no fault found
   1    the run failed, or check found that it would fail; nothing was published
   2    usage or spec fault; no request was sent
   3    a data check or the completeness check failed; nothing was published
   4    verify, or diff --exit-code, found a difference
   130  interrupted (Ctrl-C); nothing was published; run the same command to resume
   143  terminated; nothing was published; run the same command to resume

ENVIRONMENT:
   CIVIC_API_KEY   API key, if you have one (source.api_key_env names another variable)
   CIVIC_ENDPOINT  address of the API; overrides the spec's
   CIVIC_ETL_STATE folder for resuming runs and for the shared rate limit, instead of ~/.local/state/civic-etl
`

// newApp describes the command line. Standard output carries the requested data only;
// everything else goes to standard error.
func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:      "civic-etl",
		Usage:     "extract CIViC, flatten it and publish it as Parquet, NDJSON or TSV, either complete or not at all",
		Version:   version(),
		Writer:    stdout,
		ErrWriter: stderr,
		// Without it the library calls os.Exit and skips deferred calls; execute reports errors.
		ExitErrHandler:        func(*cli.Context, error) {},
		OnUsageError:          usageError,
		HideVersion:           true,
		CustomAppHelpTemplate: cli.AppHelpTemplate + "\n" + statuses,
		// A value of --set may contain commas: load.formats=[parquet, tsv].
		DisableSliceFlagSeparator: true,
		Action:                    noCommand,
		Flags:                     []cli.Flag{cli.HelpFlag},
		Commands: []*cli.Command{
			runCommand(), validateCommand(), planCommand(), checkCommand(), testCommand(), listCommand(),
			inspectCommand(), verifyCommand(), diffCommand(),
			schemaCommand(), initCommand(), demoCommand(), completionCommand(), versionCommand(), helpCommand(),
			completeCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError // not inherited
		c.CustomHelpTemplate = cli.CommandHelpTemplate + "\n" + statuses
	}
	return app
}

// badValue is the library's error for a value that a flag cannot have.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([a-z-]+): `)

// usageError marks the library's errors about flags as faults of the command line.
func usageError(c *cli.Context, err error, _ bool) error {
	found := badValue.FindStringSubmatch(err.Error())
	if found == nil {
		return usagef("%w; see civic-etl help", err)
	}
	hint := "see civic-etl help"
	switch args.Flag(c.Command.Flags, "--"+found[2]).(type) {
	case *cli.DurationFlag:
		hint = "write a duration with its unit, such as 500ms, 5s or 2m"
	case *cli.IntFlag:
		hint = "write a whole number"
	case *cli.BoolFlag:
		hint = "write true or false, or only --" + found[2]
	}
	return usagef("--%s cannot be %q; %s", found[2], found[1], hint)
}

// unknownFlag is the error for a flag that does not exist.
func unknownFlag(flag *args.Unknown) error {
	owner, hint := "civic-etl", "see civic-etl help"
	var names []string
	if c := flag.Command; c != nil {
		owner, hint = c.Name, "see civic-etl help "+c.Name
		for _, f := range c.Flags {
			names = append(names, f.Names()...)
		}
	}
	if near := schemas.Nearest(flag.Flag, names); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usagef("%s has no flag --%s; %s", owner, flag.Flag, hint)
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
	return usagef("no command %q; %s", name, schemas.DidYouMean(name, names, "see civic-etl help"))
}

// helpCommand replaces the library's, whose errors are not usage errors.
func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Aliases:   []string{"h"},
		Usage:     "show all commands, or help for one",
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

// show prints a value as JSON, if --json asks for it, or as text.
func show(c *cli.Context, value any, text string) error {
	if !c.Bool("json") {
		return terminal.Print(c.App.Writer, text)
	}
	j, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", c.Command.Name, err)
	}
	return terminal.Print(c.App.Writer, string(j)+"\n")
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("version takes no arguments")
			}
			_, err := fmt.Fprintf(c.App.Writer, "civic-etl %s\n", version())
			return err
		},
	}
}

// The release build sets release: -ldflags "-X main.release=1.2.3".
var release = ""

// version is the release, the module version recorded by `go install`, or dev.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// userAgent identifies the program to the API's operators, as they request.
func userAgent() string {
	return "civic-etl/" + version() + " (+https://github.com/civic-etl/civic-etl)"
}
