package render

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/load/diff"
)

// examplesInText is the number of records that text shows unless --limit says otherwise.
const examplesInText = 10

// Diff prints a comparison as text, json or ndjson. It shows at most so many records of
// each table and kind of change, or 10 in text and all in JSON if most is negative.
func Diff(ctx context.Context, w io.Writer, form string, c *diff.Comparison, tables []*diff.Table,
	most int) error {
	out := bufio.NewWriter(w)
	var err error
	switch form {
	case "json":
		err = diffJSON(ctx, out, c, tables, most)
	case "ndjson":
		err = diffNDJSON(ctx, out, tables, most)
	default:
		err = diffText(ctx, out, tables, most)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// diffNDJSON prints a line for each record that differs.
func diffNDJSON(ctx context.Context, w io.Writer, tables []*diff.Table, most int) error {
	for _, t := range tables {
		if err := t.Changes(ctx, most, func(c diff.Change) error { return printChange(w, "", c, "\n") }); err != nil {
			return err
		}
	}
	return nil
}

// diffJSON prints one document, a record a line, without holding the records.
func diffJSON(ctx context.Context, w io.Writer, c *diff.Comparison, tables []*diff.Table, most int) error {
	old, new := c.Folders()
	head, err := compact(old, new, !slices.ContainsFunc(tables, func(t *diff.Table) bool { return !t.Equal() }))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "{\"old\": %s,\n\"new\": %s,\n\"equal\": %s,\n\"tables\": {", head[0], head[1], head[2])
	for i, t := range tables {
		head, err := compact(t.Name, t)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s%s: %s,\"changes\":[", comma(i), head[0], strings.TrimSuffix(head[1], "}"))
		shown := 0
		err = t.Changes(ctx, most, func(c diff.Change) error {
			shown++
			return printChange(w, comma(shown-1), c, "")
		})
		if err != nil {
			return err
		}
		fmt.Fprint(w, "]}")
	}
	fmt.Fprint(w, "\n}}\n")
	return nil
}

// comma is the text before the item at an index.
func comma(index int) string {
	if index == 0 {
		return "\n"
	}
	return ",\n"
}

func printChange(w io.Writer, before string, c diff.Change, after string) error {
	line, err := compact(c)
	if err != nil {
		return err
	}
	return terminal.Print(w, before+line[0]+after)
}

// compact is each value as JSON in one line, without control characters.
func compact(values ...any) ([]string, error) {
	texts := make([]string, len(values))
	for i, v := range values {
		text, err := json.Marshal(v, json.Deterministic(true), json.FormatNilSliceAsNull(false))
		if err != nil {
			return nil, err
		}
		texts[i] = terminal.EscapeLines(string(text))
	}
	return texts, nil
}

// diffText prints counts and examples for people.
func diffText(ctx context.Context, w io.Writer, tables []*diff.Table, most int) error {
	if most < 0 {
		most = examplesInText
	}
	for _, t := range tables {
		writeCounts(w, t)
		shown := map[string]int64{}
		err := t.Changes(ctx, most, func(c diff.Change) error {
			shown[c.Change]++
			return terminal.Print(w, changeText(c))
		})
		if err != nil {
			return err
		}
		for i, n := range []int64{t.Added, t.Removed, t.Changed} {
			kind := [...]string{"added", "removed", "changed"}[i]
			if left := n - shown[kind]; left > 0 {
				fmt.Fprintf(w, "  %s more %s; --limit shows more\n", humanize.Comma(left), kind)
			}
		}
	}
	return nil
}

// writeCounts writes how many records differ, and the columns that do.
func writeCounts(w io.Writer, t *diff.Table) {
	key := "by " + strings.Join(t.Key, ", ")
	if len(t.Key) == 0 {
		key = "no key: compared as whole rows"
	}
	if t.Equal() {
		fmt.Fprintf(w, "%s: no difference in %s (%s)\n", escape(t.Name), count(t.Same, "record"), escape(key))
		return
	}
	fmt.Fprintf(w, "%s: %s added, %s removed, %s changed, %s the same (%s)\n", escape(t.Name), humanize.Comma(t.Added),
		humanize.Comma(t.Removed), humanize.Comma(t.Changed), humanize.Comma(t.Same), escape(key))
	switch {
	case t.OldFormat == "":
		fmt.Fprintln(w, "  the old folder has no such table")
	case t.NewFormat == "":
		fmt.Fprintln(w, "  the new folder has no such table")
	}
	for _, c := range t.Columns {
		types := c.Old + c.New
		if c.Change == "type" {
			types = c.Old + " → " + c.New
		}
		fmt.Fprintf(w, "  %-8s column %s: %s\n", c.Change, escape(c.Name), escape(types))
	}
}

// changeText is a record that differs, with its values that do.
func changeText(c diff.Change) string {
	var key []string
	for _, k := range c.Key {
		key = append(key, k.Column+"="+bare(k.JSON))
	}
	if len(key) == 0 {
		for _, v := range c.Columns {
			key = append(key, v.Column+"="+abridged(string(v.Old)+string(v.New)))
		}
	}
	text := fmt.Sprintf("  %-8s %s\n", c.Change, escape(strings.Join(key, " ")))
	if c.Change != "changed" {
		return text
	}
	for _, v := range c.Columns {
		old, new := apart(string(v.Old), string(v.New))
		text += fmt.Sprintf("             %s: %s → %s\n", escape(v.Column), escape(old), escape(new))
	}
	return text
}

// longestShown is the number of characters of a value that text shows.
const longestShown = 60

// bare is a JSON value without its quotes, unless it would be ambiguous.
func bare(value []byte) string {
	var text string
	if json.Unmarshal(value, &text) == nil && text != "" && !strings.ContainsAny(text, " =,") {
		return text
	}
	return string(value)
}

func abridged(text string) string { return terminal.Shorten(text, longestShown) }

// apart abridges two long texts so that both show where they differ.
func apart(old, new string) (string, string) {
	a, b := []rune(old), []rune(new)
	if len(a) <= longestShown && len(b) <= longestShown {
		return old, new
	}
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	const before = 20
	if same > before+10 {
		return abridged("…" + string(a[same-before:])), abridged("…" + string(b[same-before:]))
	}
	return abridged(old), abridged(new)
}
