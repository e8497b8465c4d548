package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// permute moves a command's flags in front of its arguments, so that
// `run evidence --demo` means what it says: urfave/cli v2 stops reading flags
// at the first argument. Everything after `--` stays as it is.
func permute(commands []*cli.Command, args []string) []string {
	at, command := findCommand(commands, args)
	if command == nil {
		return args
	}
	takesValue := valueFlags(command.Flags)
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
		if takesValue[strings.TrimLeft(arg, "-")] && i+1 < len(tail) {
			i++
			flags = append(flags, tail[i])
		}
	}
	out := append([]string{}, args[:at+1]...)
	return append(append(out, flags...), rest...)
}

func findCommand(commands []*cli.Command, args []string) (int, *cli.Command) {
	for i := 1; i < len(args); i++ {
		if strings.HasPrefix(args[i], "-") {
			continue
		}
		for _, c := range commands {
			if c.HasName(args[i]) {
				return i, c
			}
		}
		return 0, nil
	}
	return 0, nil
}

// valueFlags says which flags take the argument after them.
func valueFlags(flags []cli.Flag) map[string]bool {
	takes := map[string]bool{}
	for _, f := range flags {
		for _, name := range f.Names() {
			takes[name] = takesValue(f)
		}
	}
	return takes
}

func takesValue(f cli.Flag) bool {
	_, isBool := f.(*cli.BoolFlag)
	return !isBool
}
