package synthetic

import (
	"embed"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
)

//go:embed words.txt kinds.tsv actions.tsv
var files embed.FS

// lines returns the lines of an embedded file, without comments.
func lines(file string) []string {
	text, _ := files.ReadFile(file) // embedded: cannot fail
	var out []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// words holds the lists of words.txt, each word as often as its odds say.
var words = readWords()

func readWords() map[string][]string {
	out := map[string][]string{}
	name := ""
	for _, line := range lines("words.txt") {
		if strings.HasPrefix(line, "[") {
			name = strings.Trim(line, "[]")
			continue
		}
		odds, word, _ := strings.Cut(line, "*")
		n, err := strconv.Atoi(odds)
		if err != nil || odds == line {
			n, word = 1, line
		}
		if text, err := strconv.Unquote(word); err == nil {
			word = text
		}
		for range n {
			out[name] = append(out[name], word)
		}
	}
	return out
}

// word draws a word of a list.
func word(x *dice.Dice, list string) string { return dice.Of(x, words[list]) }

// kind is what all records of a type have in common: a line of kinds.tsv.
type kind struct {
	number  uint64
	table   string // by the API's connection
	gap     int
	object  string
	subject string
	name    string
	link    string
	url     string
}

var kinds = readKinds()

func readKinds() map[string]*kind {
	out := map[string]*kind{}
	for _, line := range lines("kinds.tsv") {
		c := strings.Split(line, "\t")
		for i := range c {
			c[i] = strings.TrimPrefix(c[i], "-")
		}
		number, _ := strconv.ParseUint(c[1], 10, 8)
		gap, _ := strconv.Atoi(c[3])
		out[c[0]] = &kind{number, c[2], gap, c[4], c[5], c[6], c[7], c[8]}
	}
	return out
}

// action is what a curator can do: a line of actions.tsv.
type action struct{ name, object, code, verb string }

var actions = readActions()

func readActions() map[string]*action {
	out := map[string]*action{}
	for _, line := range lines("actions.tsv") {
		c := strings.Split(line, "\t")
		out[c[0]] = &action{c[0], c[1], c[2], c[3]}
	}
	return out
}
