package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// candidate is what a word may become.
type candidate struct{ value, about string }

// What the shell adds to the candidates, from the disk.
const (
	anyFiles    = ":files"
	anySpecs    = ":specs" // *.yaml, and folders that may hold some
	onlyFolders = ":folders"
)

// complete finds what the last of the words after the program's name may
// become.
func complete(commands []*cli.Command, words []string) (list []candidate, also string) {
	if len(words) == 0 {
		words = []string{""}
	}
	word, before := words[len(words)-1], words[:len(words)-1]
	switch word {
	case `""`: // how PowerShell has to pass an empty word
		word = ""
	case "=": // bash takes --flag=value for three words
		word, before = "", words
	}
	list, also = expected(commands, before, word)
	return slices.DeleteFunc(list, func(c candidate) bool { return !strings.HasPrefix(c.value, word) }), also
}

// expected is what may stand behind the words before.
func expected(commands []*cli.Command, before []string, word string) ([]candidate, string) {
	if len(before) == 0 {
		return visible(commands), ""
	}
	command := named(commands, before[0])
	if command == nil {
		return nil, ""
	}
	before = slices.DeleteFunc(slices.Clone(before[1:]), func(w string) bool { return w == "=" })
	if slices.Contains(before, "--") {
		return arguments(commands, command, word)
	}
	if name, typed, ok := strings.Cut(word, "="); ok && strings.HasPrefix(name, "-") {
		list, _ := flagValues(flagOf(command, name), typed)
		for i := range list {
			list[i].value = name + "=" + list[i].value
		}
		return list, ""
	}
	if n := len(before); n > 0 {
		if flag := flagOf(command, before[n-1]); flag != nil && takesValue(flag) {
			return flagValues(flag, word)
		}
	}
	if strings.HasPrefix(word, "-") {
		return flagNames(command), ""
	}
	return arguments(commands, command, word)
}

func named(commands []*cli.Command, name string) *cli.Command {
	i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(name) })
	if i < 0 {
		return nil
	}
	return commands[i]
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

// flagOf is the flag that a word is, or nil.
func flagOf(command *cli.Command, word string) cli.Flag {
	name := strings.TrimLeft(word, "-")
	for _, f := range command.Flags {
		if name != word && slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
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

func usageOf(f cli.Flag) string {
	if d, ok := f.(cli.DocGenerationFlag); ok {
		return d.GetUsage()
	}
	return ""
}

// flagValues is what a flag takes, as far as its usage text says: `text|json`,
// `parquet,ndjson,tsv` for a list, `DIR`, `FILE`.
func flagValues(f cli.Flag, typed string) ([]candidate, string) {
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
		return words(strings.Split(text, "|")...), ""
	case strings.Contains(text, ","):
		list := words(strings.Split(text, ",")...)
		for i := range list {
			list[i].value = typed[:strings.LastIndex(typed, ",")+1] + list[i].value
		}
		return list, ""
	}
	return nil, ""
}

func words(values ...string) []candidate {
	list := make([]candidate, len(values))
	for i, v := range values {
		list[i].value = v
	}
	return list
}

// arguments is what a command takes beside flags.
func arguments(commands []*cli.Command, command *cli.Command, word string) ([]candidate, string) {
	switch command.Name {
	case "run", "validate", "plan", "check", "test":
		return shipped(), anySpecs
	case "inspect":
		return nil, anyFiles
	case "verify", "diff":
		return nil, onlyFolders
	case "schema":
		return namesOfAPI(word), ""
	case "init":
		return connections(), ""
	case "completion":
		return words(shells...), ""
	case "help":
		return visible(commands), ""
	}
	return nil, ""
}

func shipped() []candidate {
	list := words("all")
	for _, file := range pipelines.Shipped() {
		list = append(list, candidate{value: strings.TrimSuffix(file.Name, ".yaml")})
	}
	return list
}

func connections() []candidate {
	var list []candidate
	for _, c := range schemas.Embedded().Connections() {
		list = append(list, candidate{c.Name, sentence(c.Doc)})
	}
	return list
}

// namesOfAPI is what `schema` shows: connections and types, and what is in
// them once there is a dot.
func namesOfAPI(word string) []candidate {
	s := schemas.Embedded()
	dot := strings.LastIndex(word, ".")
	if dot < 0 {
		list := connections()
		for _, e := range browse.Types(s) {
			list = append(list, candidate{e.Name, sentence(e.Doc)})
		}
		return list
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
	var list []candidate
	for _, m := range slices.Concat(e.Fields, e.Args) {
		list = append(list, candidate{owner + m.Name, sentence(m.Doc)})
	}
	for _, narrowed := range e.Possible {
		list = append(list, candidate{owner + narrowed, ""})
	}
	return list
}
