package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Decoder reads the values of one file and collects the faults in it.
type Decoder struct {
	FaultList
	Language *Language
	Env      func(string) (string, bool)
	Date     string   // the value of ${date}
	KeyVar   string   // the variable that holds the API key, which no value may use
	lines    []string // of the file, to place faults inside a text
}

// Language describes a kind of file.
type Language struct {
	Noun, Plural, Example string            // how faults name such a file, and an example
	Variables             bool              // ${…} is filled in
	Misplaced             map[string]string // keys that are often misplaced, with the map they belong to
}

func (l *Language) beginning() string {
	return "begin with `version: 1`; see " + l.Example + " for an example"
}

// Literal is a scalar with ${…} filled in.
type Literal struct {
	Text   string
	Plain  bool // may be a number, true, false or null
	Filled bool // part of it came from ${…}
}

// Scalar reads the text of a scalar. False means that a fault was reported.
func (d *Decoder) Scalar(n *Node) (Literal, bool) {
	if !d.Language.Variables || !strings.Contains(n.Text, "${") {
		return Literal{Text: n.Text, Plain: n.Plain}, true
	}
	text, ok := d.Fill(n)
	return Literal{Text: text, Plain: n.Plain, Filled: true}, ok
}

// Value is the value of the scalar in YAML 1.2: nil, bool, int64, uint64, float64 or string.
// Quoted scalars are strings.
func (l Literal) Value() any {
	if !l.Plain {
		return l.Text
	}
	return Resolve(l.Text)
}

// FilledValue is Value, but also resolves a quoted text with ${…}: quotes around a variable do not make it a text.
func (l Literal) FilledValue() any {
	if l.Filled {
		return Resolve(l.Text)
	}
	return l.Value()
}

// Resolve returns the value of a plain scalar in YAML 1.2.
func Resolve(text string) any {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n
	}
	if !strings.ContainsAny(text[:1], "0123456789+-.") || strings.ContainsAny(text, "_xXpPiIN") {
		return text
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}

// Describe names a node in a fault: as the author wrote it, without the values of variables.
func Describe(n *Node) string {
	text := wording.Shorten(n.Text, wording.LongestValue)
	switch {
	case n.Kind == MapNode && len(n.Entries) == 0:
		return "an empty map"
	case n.Kind == MapNode:
		return "a map"
	case n.Kind == ListNode && len(n.Items) == 0:
		return "an empty list"
	case n.Kind == ListNode:
		return "a list"
	case n.Null():
		return "nothing"
	case strings.Contains(n.Text, "${"):
		return fmt.Sprintf("the value of %q", text)
	}
	switch (Literal{Text: n.Text, Plain: n.Plain}).Value().(type) {
	case string:
		return fmt.Sprintf("the text %q", text)
	case bool:
		return n.Text
	}
	return "the number " + text
}

// Within is the place of the byte at offset in the text of n. In a folded or escaped text it is
// the place where the text begins.
func (d *Decoder) Within(n *Node, offset int) Pos {
	if n.Pos.Line < 1 || offset < 0 || offset > len(n.Text) {
		return n.Pos
	}
	line, column, start, text := n.Pos.Line, n.Pos.Col, 0, n.Text
	if n.block {
		before := n.Text[:offset]
		start = strings.LastIndexByte(before, '\n') + 1
		line, column = line+1+strings.Count(before, "\n"), 1
		text, _, _ = strings.Cut(n.Text[start:], "\n")
	}
	if line > len(d.lines) {
		return n.Pos
	}
	source := []rune(d.lines[line-1])
	rest := string(source[min(column-1, len(source)):])
	at := strings.Index(rest, text)
	if at < 0 {
		return n.Pos
	}
	return Pos{Line: line, Col: column + utf8.RuneCountInString(rest[:at]+n.Text[start:offset])}
}
