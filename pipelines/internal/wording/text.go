package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Limits of messages, in characters.
const (
	LongestValue   = 60  // of a name or value
	longestMessage = 500 // of a message
	MostExamples   = 5   // in a message
)

// Counted returns a number with its noun: 1 row, 4842 rows.
func Counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Verb returns a number with its noun and verb: 1 row repeats, 2 rows repeat.
func Verb(n int64, noun, one, many string) string {
	if n == 1 {
		many = one
	}
	return Counted(n, noun) + " " + many
}

// Examples are the first few values that a message is about.
type Examples []string

// Add adds the text if there is room and it is new.
func (e *Examples) Add(text func() string) {
	if e.Full() {
		return
	}
	if t := text(); !slices.Contains(*e, t) {
		*e = append(*e, t)
	}
}

// Full reports whether there is no more room.
func (e Examples) Full() bool { return len(e) >= MostExamples }

// Text joins the examples, with an ellipsis if there are more values.
func (e Examples) Text(of int64) string {
	text := strings.Join(e, ", ")
	switch {
	case text == "":
		return "…"
	case int64(len(e)) < of:
		return text + ", …"
	}
	return text
}

// Shorten cuts a text after a number of characters.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Printable replaces control characters and characters that a terminal cannot show.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return '�'
	}, text)
}

// Fit returns any text as one line for a terminal.
func Fit(text string) string { return Printable(Shorten(text, longestMessage)) }

// OneLine replaces each run of white space by a space.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// ShortDuration returns a duration without zeros at its end: 5m, not 5m0s.
func ShortDuration(v time.Duration) string {
	s := v.String()
	for _, nothing := range []string{"0s", "0m"} {
		if rest := strings.TrimSuffix(s, nothing); strings.HasSuffix(rest, "m") || strings.HasSuffix(rest, "h") {
			s = rest
		}
	}
	return s
}
