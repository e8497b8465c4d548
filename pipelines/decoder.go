package pipelines

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder reads the values of one spec and gathers what is wrong with them.
type decoder struct {
	faultList
	lines    []string // of the file, to place faults inside a text
	env      func(string) (string, bool)
	date     string // what ${date} stands for
	keyVar   string // the variable that holds the API key, which no value may take
	filled   map[*node][]variable
	language *language
}

// language is what the decoder knows of the kind of file that it reads.
type language struct {
	noun, plural, example string            // how faults name such a file, and where to look for one
	variables             bool              // ${…} is filled in
	misplaced             map[string]string // where a key belongs that is often put elsewhere
}

func (l *language) beginning() string {
	return "begin with `version: 1`; " + l.example + " is one to start from"
}

// variable is one ${…} that was filled in.
type variable struct{ written, value string }

// hide takes what variables hold out of a text about the value of n: a spec may
// hold the name of a secret, and faults go into logs.
func (d *decoder) hide(n *node, text string) string {
	for _, v := range d.filled[n] {
		if v.value != "" {
			text = strings.ReplaceAll(text, v.value, v.written)
		}
	}
	return text
}

// literal is a scalar with its ${…} filled in.
type literal struct {
	text   string
	plain  bool // may be a number, true, false or null
	filled bool // some of it came from ${…}
}

// scalar reads the text of a scalar. In a language of data, ${…} means nothing.
// False means a fault has been said.
func (d *decoder) scalar(n *node) (literal, bool) {
	if !d.language.variables || !strings.Contains(n.text, "${") {
		return literal{text: n.text, plain: n.plain}, true
	}
	text, ok := d.fill(n)
	return literal{text: text, plain: n.plain, filled: true}, ok
}

// value is what YAML 1.2 takes a plain scalar for: nil, bool, int64, uint64,
// float64 or string. Quoted ones are strings.
func (l literal) value() any {
	if !l.plain {
		return l.text
	}
	return resolve(l.text)
}

func resolve(text string) any {
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

// describe names what stands where something else should: in the author's own
// words, so that the value of a variable is never shown.
func describe(n *node) string {
	switch {
	case n.kind == mapNode:
		return "a map"
	case n.kind == listNode:
		return "a list"
	case n.null():
		return "nothing"
	case strings.Contains(n.text, "${"):
		return fmt.Sprintf("what %q stands for", shorten(n.text, longestValue))
	case !n.plain:
		return fmt.Sprintf("the text %q", shorten(n.text, longestValue))
	}
	switch resolve(n.text).(type) {
	case string:
		return fmt.Sprintf("the text %q", shorten(n.text, longestValue))
	case bool:
		return n.text
	}
	return "the number " + shorten(n.text, longestValue)
}

// within is the place of the byte at offset in the text of n, as near as can be
// told: a folded or escaped text gives its beginning.
func (d *decoder) within(n *node, offset int) Pos {
	if n.pos.Line < 1 || n.pos.Line > len(d.lines) || offset < 0 || offset > len(n.text) {
		return n.pos
	}
	if n.block {
		return d.withinBlock(n, offset)
	}
	source := []rune(d.lines[n.pos.Line-1])
	start := n.pos.Col - 1
	if !n.plain {
		start++
	}
	if start > len(source) || !strings.HasPrefix(string(source[start:]), n.text) {
		return n.pos
	}
	return Pos{Line: n.pos.Line, Col: start + 1 + utf8.RuneCountInString(n.text[:offset])}
}

func (d *decoder) withinBlock(n *node, offset int) Pos {
	before := n.text[:offset]
	line := strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	if n.pos.Line+line >= len(d.lines) {
		return n.pos
	}
	source := d.lines[n.pos.Line+line]
	want, _, _ := strings.Cut(n.text[start:], "\n")
	if !strings.HasSuffix(strings.TrimRight(source, "\r"), want) {
		return n.pos
	}
	indent := strings.Index(source, want)
	return Pos{Line: n.pos.Line + line + 1, Col: 1 + utf8.RuneCountInString(source[:indent]) + utf8.RuneCountInString(n.text[start:offset])}
}
