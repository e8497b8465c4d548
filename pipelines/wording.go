package pipelines

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Lengths that messages keep to, in characters.
const (
	longestValue   = 60  // of a name or value
	longestMessage = 500 // of a whole message
	mostExamples   = 5   // that a message names
)

// counted is a number with its noun: 1 row, 4842 rows.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// verb is a number with its noun and verb: 1 row repeats, 2 rows repeat.
func verb(n int64, noun, one, many string) string {
	if n == 1 {
		return counted(n, noun) + " " + one
	}
	return counted(n, noun) + " " + many
}

// examples are the first few of the values that a message is about.
type examples []string

// add keeps the text if there is room and it is not there yet.
func (e *examples) add(text func() string) {
	if e.full() {
		return
	}
	if t := text(); !slices.Contains(*e, t) {
		*e = append(*e, t)
	}
}

func (e examples) full() bool { return len(e) >= mostExamples }

// text joins the examples, with an ellipsis if there are more values.
func (e examples) text(of int64) string {
	text := strings.Join(e, ", ")
	switch {
	case text == "":
		return "…"
	case int64(len(e)) < of:
		return text + ", …"
	}
	return text
}

// shorten cuts a text after so many characters.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// printable replaces characters that a terminal would act on, or not show.
func printable(text string) string {
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

// fit makes one line for a terminal of any text.
func fit(text string) string { return printable(shorten(text, longestMessage)) }

// oneLine replaces each run of white space by a space.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// shortDuration is a duration without zeros at its end: 5m, not 5m0s.
func shortDuration(v time.Duration) string {
	s := v.String()
	for _, nothing := range []string{"0s", "0m"} {
		if rest := strings.TrimSuffix(s, nothing); strings.HasSuffix(rest, "m") || strings.HasSuffix(rest, "h") {
			s = rest
		}
	}
	return s
}
