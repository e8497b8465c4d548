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

// Unknown is a flag that neither the program nor its command has. Command is nil if
// the flag comes before one.
type Unknown struct {
	Flag    string
	Command *cli.Command
}

// Reorder moves a command's flags before its arguments, so that `run evidence --demo`
// works: urfave/cli v2 stops reading flags at the first argument. Everything
// after `--` stays where it is. It stops at the first unknown flag.
func Reorder(app *cli.App, words []string) ([]string, *Unknown) {
	flags := app.Flags
	var command *cli.Command
	var ordered, rest []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		name, _, hasValue := strings.Cut(word, "=")
		switch {
		case word == "--":
			return slices.Concat(ordered, rest, words[i:]), nil
		case i == 0:
			ordered = append(ordered, word)
		case len(name) < 2 || name[0] != '-':
			if command != nil {
				rest = append(rest, word)
				continue
			}
			if command = Command(app.Commands, word); command == nil || command.SkipFlagParsing {
				return words, nil
			}
			ordered = append(ordered, word)
			flags = append(slices.Clip(command.Flags), cli.HelpFlag)
		default:
			flag := Flag(flags, name)
			if flag == nil {
				return nil, &Unknown{strings.TrimLeft(name, "-"), command}
			}
			ordered = append(ordered, word)
			if TakesValue(flag) && !hasValue && i+1 < len(words) {
				i++
				ordered = append(ordered, words[i])
			}
		}
	}
	return append(ordered, rest...), nil
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
func Flag(flags []cli.Flag, word string) cli.Flag {
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
