// Package completion answers a shell that completes a command line of civic-etl, and
// holds the scripts that make a shell ask.
//
// It takes commands with their flags and the words typed so far; it gives candidates
// with descriptions. It never evaluates what was typed and never reads the disk or the
// network: files are listed by the shell.
package completion

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

//go:embed scripts
var scripts embed.FS

// Shells lists the shells that have a script.
var Shells = []string{"bash", "zsh", "fish", "powershell"}

// Command is the hidden command that the scripts call: `civic-etl __complete --
// WORD...`. The library's own completion makes its scripts evaluate the typed line, and
// knows neither the values of flags nor flags after arguments.
const Command = "__complete"

// Script is the script for a shell.
func Script(shell string) (string, error) {
	text, err := scripts.ReadFile("scripts/" + shell)
	if err == nil {
		return string(text), nil
	}
	hint := schemas.DidYouMean(shell, Shells, "there are "+strings.Join(Shells, ", "))
	return "", fmt.Errorf("completion: no script for %q; %s", shell, hint)
}

// Answer completes the last of the words after the program's name. It has a line for
// each candidate, `value<tab>description`, and a last line if files match, too:
// `:files`, `:specs` or `:folders`.
func Answer(commands []*cli.Command, words []string) string {
	list, also := complete(commands, words)
	var b strings.Builder
	for _, c := range list {
		about, _, _ := strings.Cut(c.about, "\n")
		fmt.Fprintf(&b, "%s\t%s\n", c.value, strings.ReplaceAll(about, "\t", " "))
	}
	if also != "" {
		b.WriteString(also + "\n")
	}
	return b.String()
}

// candidate is a possible completion of a word.
type candidate struct{ value, about string }

// The files that the shell adds to the candidates.
const (
	anyFiles    = ":files"
	anySpecs    = ":specs" // *.yaml, and folders
	onlyFolders = ":folders"
)

// complete lists the completions of the last word.
func complete(commands []*cli.Command, words []string) (list []candidate, also string) {
	if len(words) == 0 {
		words = []string{""}
	}
	word, before := words[len(words)-1], words[:len(words)-1]
	switch word {
	case `""`: // PowerShell passes an empty word this way
		word = ""
	case "=": // bash splits --flag=value into three words
		word, before = "", words
	}
	list, also = expected(commands, before, word)
	return slices.DeleteFunc(list, func(c candidate) bool { return !strings.HasPrefix(c.value, word) }), also
}

// expected lists the candidates after the words before.
func expected(commands []*cli.Command, before []string, word string) ([]candidate, string) {
	if len(before) == 0 {
		return visible(commands), ""
	}
	command := args.Command(commands, before[0])
	if command == nil {
		return nil, ""
	}
	before = slices.DeleteFunc(slices.Clone(before[1:]), func(w string) bool { return w == "=" })
	if slices.Contains(before, "--") {
		return arguments(commands, command, word)
	}
	if name, typed, ok := strings.Cut(word, "="); ok && strings.HasPrefix(name, "-") {
		list, _ := flagValues(args.Flag(command.Flags, name), name+"=", typed)
		return list, ""
	}
	if n := len(before); n > 0 {
		if flag := args.Flag(command.Flags, before[n-1]); flag != nil && args.TakesValue(flag) {
			return flagValues(flag, "", word)
		}
	}
	if strings.HasPrefix(word, "-") {
		return flagNames(command), ""
	}
	return arguments(commands, command, word)
}

func visible(commands []*cli.Command) []candidate {
	var list []candidate
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, candidate{c.Name, c.Usage})
		}
	}
	return list
}

func flagNames(command *cli.Command) []candidate {
	list := []candidate{{"--help", "show help"}}
	for _, f := range command.Flags {
		about := strings.ReplaceAll(usageOf(f), "`", "")
		for _, name := range f.Names() {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			list = append(list, candidate{dashes + name, about})
		}
	}
	return list
}

func usageOf(f cli.Flag) string { return f.(cli.DocGenerationFlag).GetUsage() }

// flagValues lists the values of a flag, each after the prefix, as far as the placeholder
// in its usage text says: `text|json`, `parquet,ndjson,tsv` for a list, `DIR`, `FILE`.
func flagValues(f cli.Flag, prefix, typed string) ([]candidate, string) {
	if f == nil {
		return nil, ""
	}
	_, text, _ := strings.Cut(usageOf(f), "`")
	text, _, _ = strings.Cut(text, "`")
	switch {
	case text == "DIR":
		return nil, onlyFolders
	case text == "FILE":
		return nil, anyFiles
	case strings.Contains(text, "|"):
		return words(prefix, strings.Split(text, "|")), ""
	case strings.Contains(text, ","):
		return words(prefix+typed[:strings.LastIndex(typed, ",")+1], strings.Split(text, ",")), ""
	}
	return nil, ""
}

func words(prefix string, values []string) []candidate {
	list := make([]candidate, len(values))
	for i, v := range values {
		list[i].value = prefix + v
	}
	return list
}

// arguments lists the candidates for a command's arguments.
func arguments(commands []*cli.Command, command *cli.Command, word string) ([]candidate, string) {
	switch command.Name {
	case "run", "validate", "plan", "check", "test":
		return shipped(), anySpecs
	case "inspect":
		return nil, anyFiles
	case "verify", "diff":
		return nil, onlyFolders
	case "schema":
		return apiNames(word), ""
	case "init":
		return connections(), ""
	case "completion":
		return words("", Shells), ""
	case "help":
		return visible(commands), ""
	}
	return nil, ""
}

func shipped() []candidate {
	list := []candidate{{value: "all"}}
	for _, file := range pipelines.Shipped() {
		list = append(list, candidate{value: strings.TrimSuffix(file.Name, ".yaml")})
	}
	return list
}

func connections() []candidate {
	var list []candidate
	for _, c := range schemas.Embedded().Connections() {
		list = append(list, candidate{c.Name, terminal.FirstSentence(c.Doc)})
	}
	return list
}

// apiNames lists what `schema` shows: connections and types, and after a dot their
// members.
func apiNames(word string) []candidate {
	s := schemas.Embedded()
	dot := strings.LastIndex(word, ".")
	if dot < 0 {
		return append(connections(), described("", browse.Types(s))...)
	}
	entries, err := browse.Lookup(s, word[:dot])
	if err != nil {
		return nil
	}
	var list []candidate
	for _, e := range entries {
		if e.Of != nil {
			list = append(list, members(e.Of, word[:dot+1])...)
		}
		list = append(list, members(e, word[:dot+1])...)
	}
	return list
}

func members(e *browse.Entry, owner string) []candidate {
	return slices.Concat(described(owner, e.Fields), described(owner, e.Args), words(owner, e.Possible))
}

func described(owner string, entries []*browse.Entry) []candidate {
	var list []candidate
	for _, e := range entries {
		list = append(list, candidate{owner + e.Name, terminal.FirstSentence(e.Doc)})
	}
	return list
}
