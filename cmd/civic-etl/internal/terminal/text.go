package terminal

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Print writes the requested text to standard output.
func Print(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// PrintJSON writes v as indented JSON without control characters.
func PrintJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true),
		json.FormatNilSliceAsNull(false))
	if err != nil {
		return err
	}
	return Print(w, EscapeLines(string(text))+"\n")
}

// Table aligns the columns of tab-separated lines, without blanks at the ends.
func Table(write func(io.Writer)) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	write(w)
	w.Flush()
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// Count is a number of things in words: "1 row", "1,234 rows".
func Count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return humanize.Comma(n) + " " + what
}

// Shorten keeps at most so many characters of a text.
func Shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// FirstSentence is the first sentence of a description.
func FirstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
