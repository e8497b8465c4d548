// Package args reads the words of a command line by the declarations of its commands
// and flags, which urfave/cli v2 does not expose.
//
// It takes commands and words; it gives words in another order, commands and flags. It
// never runs a command and never reports an error to the user.
package args

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Reorder moves a command's flags before its arguments, so that `run evidence --demo`
// works: urfave/cli v2 stops reading flags at the first argument. Everything
// after `--` stays where it is.
func Reorder(commands []*cli.Command, args []string) []string {
	at := slices.IndexFunc(args[1:], func(arg string) bool { return !strings.HasPrefix(arg, "-") }) + 1
	if at == 0 {
		return args
	}
	command := Command(commands, args[at])
	if command == nil {
		return args
	}
	var flags, rest []string
	tail := args[at+1:]
	for i := 0; i < len(tail); i++ {
		arg := tail[i]
		if arg == "--" {
			rest = append(rest, tail[i:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		flags = append(flags, arg)
		if flag := Flag(command, arg); flag != nil && TakesValue(flag) && i+1 < len(tail) {
			i++
			flags = append(flags, tail[i])
		}
	}
	return slices.Concat(args[:at+1], flags, rest)
}

// Unknown is the name of the first flag that neither the program nor its command has,
// and the command, or nil if the flag comes before one. Without such a flag the name is "".
func Unknown(app *cli.App, args []string) (name string, command *cli.Command) {
	for i := 1; i < len(args) && args[i] != "--"; i++ {
		word, _, given := strings.Cut(args[i], "=")
		if len(word) < 2 || word[0] != '-' {
			if command == nil {
				if command = Command(app.Commands, word); command == nil || command.SkipFlagParsing {
					return "", nil
				}
			}
			continue
		}
		flags := app.Flags
		if command != nil {
			flags = append(slices.Clip(command.Flags), cli.HelpFlag)
		}
		flag := find(flags, word)
		if flag == nil {
			return strings.TrimLeft(word, "-"), command
		}
		if TakesValue(flag) && !given {
			i++
		}
	}
	return "", nil
}

// Command is the command of that name, or nil.
func Command(commands []*cli.Command, name string) *cli.Command {
	i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(name) })
	if i < 0 {
		return nil
	}
	return commands[i]
}

// Flag is the flag that a word such as --out names, or nil.
func Flag(command *cli.Command, word string) cli.Flag { return find(command.Flags, word) }

func find(flags []cli.Flag, word string) cli.Flag {
	name := strings.TrimLeft(word, "-")
	for _, f := range flags {
		if name != word && slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// TakesValue says whether a flag takes the word after it as its value.
func TakesValue(f cli.Flag) bool {
	_, isBool := f.(*cli.BoolFlag)
	return !isBool
}
