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
	d := newDiffer(form, out)
	if form == "text" && most < 0 {
		most = examplesInText
	}
	if err := d.begin(c, tables); err != nil {
		return err
	}
	for _, t := range tables {
		if err := d.table(t); err != nil {
			return err
		}
		if err := t.Changes(ctx, most, d.change); err != nil {
			return err
		}
		if err := d.endTable(t); err != nil {
			return err
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	return out.Flush()
}

func newDiffer(form string, w *bufio.Writer) differ {
	switch form {
	case "json":
		return &diffJSON{w: w}
	case "ndjson":
		return &diffNDJSON{w: w}
	}
	return &diffText{w: w}
}

// differ prints a comparison in one form.
type differ interface {
	begin(c *diff.Comparison, tables []*diff.Table) error
	table(t *diff.Table) error
	change(c diff.Change) error
	endTable(t *diff.Table) error
	end() error
}

// diffNDJSON prints a line for each record that differs.
type diffNDJSON struct{ w *bufio.Writer }

func (d *diffNDJSON) begin(*diff.Comparison, []*diff.Table) error { return nil }
func (d *diffNDJSON) table(*diff.Table) error                     { return nil }
func (d *diffNDJSON) endTable(*diff.Table) error                  { return nil }
func (d *diffNDJSON) end() error                                  { return nil }
func (d *diffNDJSON) change(c diff.Change) error                  { return writeJSON(d.w, c, "\n") }

// writeJSON writes v in one line, without control characters.
func writeJSON(w *bufio.Writer, v any, after string) error {
	text, err := json.Marshal(v, json.Deterministic(true), json.FormatNilSliceAsNull(false))
	if err != nil {
		return err
	}
	return terminal.Print(w, terminal.EscapeJSON(string(text))+after)
}

// diffJSON prints one document, a record a line, without holding the records.
type diffJSON struct {
	w      *bufio.Writer
	tables int
	shown  int // of the table
}

func (d *diffJSON) begin(c *diff.Comparison, tables []*diff.Table) error {
	old, new := c.Folders()
	equal := !slices.ContainsFunc(tables, func(t *diff.Table) bool { return !t.Equal() })
	for i, part := range []any{old, new, equal} {
		if err := terminal.Print(d.w, []string{`{"old": `, `"new": `, `"equal": `}[i]); err != nil {
			return err
		}
		if err := writeJSON(d.w, part, ",\n"); err != nil {
			return err
		}
	}
	return terminal.Print(d.w, `"tables": {`)
}

func (d *diffJSON) table(t *diff.Table) error {
	before := map[bool]string{true: "\n", false: ",\n"}[d.tables == 0]
	d.tables, d.shown = d.tables+1, 0
	if err := terminal.Print(d.w, before); err != nil {
		return err
	}
	if err := writeJSON(d.w, t.Name, ": "); err != nil {
		return err
	}
	text, err := json.Marshal(t, json.FormatNilSliceAsNull(false))
	if err != nil {
		return err
	}
	return terminal.Print(d.w, strings.TrimSuffix(terminal.EscapeJSON(string(text)), "}")+`,"changes":[`)
}

func (d *diffJSON) change(c diff.Change) error {
	before := map[bool]string{true: "\n", false: ",\n"}[d.shown == 0]
	d.shown++
	if err := terminal.Print(d.w, before); err != nil {
		return err
	}
	return writeJSON(d.w, c, "")
}

func (d *diffJSON) endTable(*diff.Table) error { return terminal.Print(d.w, "]}") }
func (d *diffJSON) end() error                 { return terminal.Print(d.w, "\n}}\n") }

// diffText prints counts and examples for people.
type diffText struct {
	w     *bufio.Writer
	shown map[string]int64
}

func (d *diffText) begin(*diff.Comparison, []*diff.Table) error { return nil }
func (d *diffText) end() error                                  { return nil }

func (d *diffText) table(t *diff.Table) error {
	d.shown = map[string]int64{}
	key := "by " + strings.Join(t.Key, ", ")
	if len(t.Key) == 0 {
		key = "no key: compared as whole rows"
	}
	if t.Equal() {
		text := fmt.Sprintf("%s: no difference in %s (%s)\n", escape(t.Name), count(t.Same, "record"), escape(key))
		return terminal.Print(d.w, text)
	}
	fmt.Fprintf(d.w, "%s: %s added, %s removed, %s changed, %s the same (%s)\n", escape(t.Name), humanize.Comma(t.Added),
		humanize.Comma(t.Removed), humanize.Comma(t.Changed), humanize.Comma(t.Same), escape(key))
	switch {
	case t.OldFormat == "":
		fmt.Fprintln(d.w, "  the old folder has no such table")
	case t.NewFormat == "":
		fmt.Fprintln(d.w, "  the new folder has no such table")
	}
	for _, c := range t.Columns {
		types := c.Old + c.New
		if c.Change == "type" {
			types = c.Old + " → " + c.New
		}
		fmt.Fprintf(d.w, "  %-8s column %s: %s\n", c.Change, escape(c.Name), escape(types))
	}
	return nil
}

func (d *diffText) change(c diff.Change) error {
	d.shown[c.Change]++
	var key []string
	for _, k := range c.Key {
		key = append(key, k.Column+"="+bare(k.JSON))
	}
	if len(key) == 0 {
		for _, v := range c.Columns {
			key = append(key, v.Column+"="+abridged(string(v.Old)+string(v.New)))
		}
	}
	fmt.Fprintf(d.w, "  %-8s %s\n", c.Change, escape(strings.Join(key, " ")))
	if c.Change != "changed" {
		return nil
	}
	for _, v := range c.Columns {
		old, new := apart(string(v.Old), string(v.New))
		fmt.Fprintf(d.w, "             %s: %s → %s\n", escape(v.Column), escape(old), escape(new))
	}
	return nil
}

func (d *diffText) endTable(t *diff.Table) error {
	for _, kind := range []struct {
		name string
		n    int64
	}{{"added", t.Added}, {"removed", t.Removed}, {"changed", t.Changed}} {
		if left := kind.n - d.shown[kind.name]; left > 0 {
			fmt.Fprintf(d.w, "  %s more %s; --limit shows more\n", humanize.Comma(left), kind.name)
		}
	}
	return nil
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
