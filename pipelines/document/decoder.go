package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Decoder reads the values of one spec and gathers what is wrong with them.
type Decoder struct {
	FaultList
	lines    []string // of the file, to place faults inside a text
	Env      func(string) (string, bool)
	Date     string // what ${date} stands for
	KeyVar   string // the variable that holds the API key, which no value may take
	Filled   map[*Node][]variable
	Language *Language
}

// Language is what the decoder knows of the kind of file that it reads.
type Language struct {
	Noun, Plural, Example string            // how faults name such a file, and where to look for one
	Variables             bool              // ${…} is filled in
	Misplaced             map[string]string // where a key belongs that is often put elsewhere
}

func (l *Language) beginning() string {
	return "begin with `version: 1`; see " + l.Example + " for an example"
}

// variable is one ${…} that was filled in.
type variable struct{ written, value string }

// Hide takes what variables hold out of a text about the value of n: a spec may
// hold the name of a secret, and faults go into logs.
func (d *Decoder) Hide(n *Node, text string) string {
	for _, v := range d.Filled[n] {
		if v.value != "" {
			text = strings.ReplaceAll(text, v.value, v.written)
		}
	}
	return text
}

// Literal is a scalar with its ${…} filled in.
type Literal struct {
	Text   string
	Plain  bool // may be a number, true, false or null
	Filled bool // some of it came from ${…}
}

// Scalar reads the text of a scalar. In a language of data, ${…} means nothing.
// False means a fault has been said.
func (d *Decoder) Scalar(n *Node) (Literal, bool) {
	if !d.Language.Variables || !strings.Contains(n.Text, "${") {
		return Literal{Text: n.Text, Plain: n.Plain}, true
	}
	text, ok := d.Fill(n)
	return Literal{Text: text, Plain: n.Plain, Filled: true}, ok
}

// Value is what YAML 1.2 takes a plain scalar for: nil, bool, int64, uint64,
// float64 or string. Quoted ones are strings.
func (l Literal) Value() any {
	if !l.Plain {
		return l.Text
	}
	return Resolve(l.Text)
}

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

// Describe names what stands where something else should: in the author's own
// words, so that the value of a variable is never shown.
func Describe(n *Node) string {
	switch {
	case n.Kind == MapNode:
		return "a map"
	case n.Kind == ListNode:
		return "a list"
	case n.Null():
		return "nothing"
	case strings.Contains(n.Text, "${"):
		return fmt.Sprintf("what %q stands for", wording.Shorten(n.Text, wording.LongestValue))
	case !n.Plain:
		return fmt.Sprintf("the text %q", wording.Shorten(n.Text, wording.LongestValue))
	}
	switch Resolve(n.Text).(type) {
	case string:
		return fmt.Sprintf("the text %q", wording.Shorten(n.Text, wording.LongestValue))
	case bool:
		return n.Text
	}
	return "the number " + wording.Shorten(n.Text, wording.LongestValue)
}

// Within is the place of the byte at offset in the text of n, as near as can be
// told: a folded or escaped text gives its beginning.
func (d *Decoder) Within(n *Node, offset int) Pos {
	if n.Pos.Line < 1 || n.Pos.Line > len(d.lines) || offset < 0 || offset > len(n.Text) {
		return n.Pos
	}
	if n.block {
		return d.withinBlock(n, offset)
	}
	source := []rune(d.lines[n.Pos.Line-1])
	start := n.Pos.Col - 1
	if !n.Plain {
		start++
	}
	if start > len(source) || !strings.HasPrefix(string(source[start:]), n.Text) {
		return n.Pos
	}
	return Pos{Line: n.Pos.Line, Col: start + 1 + utf8.RuneCountInString(n.Text[:offset])}
}

func (d *Decoder) withinBlock(n *Node, offset int) Pos {
	before := n.Text[:offset]
	line := strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	if n.Pos.Line+line >= len(d.lines) {
		return n.Pos
	}
	source := d.lines[n.Pos.Line+line]
	want, _, _ := strings.Cut(n.Text[start:], "\n")
	if !strings.HasSuffix(strings.TrimRight(source, "\r"), want) {
		return n.Pos
	}
	indent := strings.Index(source, want)
	return Pos{Line: n.Pos.Line + line + 1, Col: 1 + utf8.RuneCountInString(source[:indent]) + utf8.RuneCountInString(n.Text[start:offset])}
}
