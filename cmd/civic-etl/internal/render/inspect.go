package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/load/inspect"
)

// Inspection is the text of a file or a published folder.
func Inspection(in *inspect.Report) string {
	b := &bytes.Buffer{}
	switch in.Kind {
	case "folder", "manifest":
		writeFolder(b, in)
	case "rejects":
		writeRejects(b, in)
	default:
		writeFile(b, in)
	}
	for _, s := range in.Samples {
		what := "first rows"
		if s.Table != "" {
			what += " of " + escape(s.Table)
		}
		if len(s.LeftOut) > 0 {
			what += " without the columns of unsupported types: " + escape(strings.Join(s.LeftOut, ", "))
		}
		fmt.Fprintf(b, "\n%s:\n", what)
		for _, row := range s.Rows {
			fmt.Fprintf(b, "  %s\n", escape(string(row)))
		}
	}
	return b.String()
}

func writeFile(b *bytes.Buffer, in *inspect.Report) {
	facts := []string{in.Kind}
	if in.Compression != "" && in.Compression != "none" {
		facts[0] += " (" + in.Compression + ")"
	}
	facts = append(facts, count(in.Rows, "row"), count(int64(len(in.Columns)), "column"), size(in.Bytes))
	if in.Kind == "parquet" {
		facts[0] += " " + in.Version
		facts = append(facts, count(int64(len(in.RowGroups)), "row group"))
		if in.CreatedBy != "" {
			facts = append(facts, "written by "+in.CreatedBy)
		}
	}
	fmt.Fprintf(b, "%s: %s\n\n", escape(in.Path), escape(strings.Join(facts, ", ")))
	b.WriteString(terminal.Table(func(w io.Writer) { writeColumns(w, in) }))
	if in.Kind != "parquet" {
		return
	}
	fmt.Fprintln(b)
	b.WriteString(terminal.Table(func(w io.Writer) { writeRowGroups(w, in) }))
	writeMetadata(b, in.Metadata)
}

// boundWidth is the number of characters of a bound that are shown.
const boundWidth = 24

func writeColumns(w io.Writer, in *inspect.Report) {
	if in.Kind != "parquet" {
		fmt.Fprintln(w, "column\tlooks like\tnulls")
		for _, c := range in.Columns {
			fmt.Fprintf(w, "%s\t%s\t%s\n", escape(c.Name), escape(c.Type), humanize.Comma(c.Nulls))
		}
		return
	}
	fmt.Fprintln(w, "column\ttype\tnulls\tmin\tmax\tbytes\tof\tencodings\tcompression")
	for _, c := range in.Columns {
		nulls := "-"
		if c.Nulls >= 0 {
			nulls = humanize.Comma(c.Nulls)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", escape(c.Name), escape(typeText(c.Type, c.Nullable)), nulls,
			limitText(c.Min), limitText(c.Max), size(c.Bytes), size(c.Uncompressed),
			strings.Join(c.Encodings, " "), strings.Join(c.Compression, " "))
	}
}

func typeText(name string, nullable bool) string {
	if nullable {
		return name
	}
	return name + " not null"
}

// size is a number of bytes in words; an unknown number is negative.
func size(bytes int64) string { return humanize.IBytes(uint64(max(0, bytes))) }

func limitText(text *string) string {
	switch {
	case text == nil:
		return "-"
	case *text == "":
		return `""`
	}
	return terminal.Shorten(escape(*text), boundWidth)
}

// mostGroups is the number of row groups that are listed.
const mostGroups = 12

func writeRowGroups(w io.Writer, in *inspect.Report) {
	fmt.Fprintln(w, "row group\trows\tbytes\tof")
	for i, g := range in.RowGroups[:min(mostGroups, len(in.RowGroups))] {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", i+1, humanize.Comma(g.Rows), size(g.Bytes), size(g.Uncompressed))
	}
	if left := len(in.RowGroups) - mostGroups; left > 0 {
		fmt.Fprintf(w, "… %d more\n", left)
	}
}

func writeMetadata(b *bytes.Buffer, pairs map[string]string) {
	if len(pairs) == 0 {
		return
	}
	fmt.Fprintln(b)
	b.WriteString(terminal.Table(func(w io.Writer) {
		fmt.Fprintln(w, "metadata\tbytes\tbegins")
		for _, k := range slices.Sorted(maps.Keys(pairs)) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", escape(k), humanize.Comma(int64(len(pairs[k]))), escape(abridged(pairs[k])))
		}
	}))
}

func writeRejects(b *bytes.Buffer, in *inspect.Report) {
	fmt.Fprintf(b, "%s: %s, %s\n\n", escape(in.Path), count(in.Rows, "rejected record"), size(in.Bytes))
	b.WriteString(terminal.Table(func(w io.Writer) {
		fmt.Fprintln(w, "records\ttable\tpath\treason")
		for _, r := range in.Rejects {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", humanize.Comma(r.Records), escape(r.Table), escape(r.Path), escape(r.Reason))
		}
	}))
}

func writeFolder(b *bytes.Buffer, in *inspect.Report) {
	m := in.Manifest
	fmt.Fprintf(b, "%s: %s, %s\n\n", escape(in.Path), count(int64(len(m.Tables)), "table"), count(in.Rows, "row"))
	b.WriteString(terminal.Table(func(w io.Writer) {
		fmt.Fprintf(w, "published\t%s, run %s of civic-etl %s\n",
			m.FinishedAt.UTC().Format(time.DateTime+" UTC"), escape(m.RunID), escape(m.ToolVersion))
		fmt.Fprintf(w, "spec\t%s, sha256 %s\n", escape(m.Spec.Name), escape(m.Spec.SHA256))
		fmt.Fprintf(w, "from\t%s of %s%s\n",
			escape(m.Source.Connection), escape(m.Source.Endpoint), escape(argsText(m.Source.Args)))
		fmt.Fprintf(w, "status\t%s: %s of %s, in %s\n", escape(m.Status), humanize.Comma(m.Extract.Unique),
			count(m.Extract.TotalCount, "record"), count(m.Extract.Requests, "request"))
		for _, c := range m.Checks {
			found := strings.TrimSuffix(": "+c.Found, ": ")
			fmt.Fprintf(w, "check\t%s: %s: %s%s\n", escape(c.Outcome), escape(c.Table), escape(c.Check), escape(found))
		}
	}))
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		writeTable(b, in, name)
	}
}

func argsText(args map[string]any) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(args)) {
		text, ok := args[k].(string)
		if !ok {
			value, _ := json.Marshal(args[k], json.Deterministic(true)) // it was decoded from JSON
			text = string(value)
		}
		parts = append(parts, k+": "+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func writeTable(b *bytes.Buffer, in *inspect.Report, name string) {
	t := in.Manifest.Tables[name]
	fmt.Fprintf(b, "\n%s: %s, %s rejected", escape(name), count(t.Rows, "row"), humanize.Comma(t.Rejected))
	if len(t.Key) > 0 {
		fmt.Fprintf(b, ", key %s", escape(strings.Join(t.Key, ", ")))
	}
	fmt.Fprint(b, "\n")
	if t.Doc != "" {
		fmt.Fprintf(b, "  %s\n", escape(t.Doc))
	}
	fmt.Fprint(b, "\n")
	b.WriteString(terminal.Table(func(w io.Writer) {
		fmt.Fprintln(w, "  format\tfiles\tpartitions\trows\tbytes")
		for _, f := range formatTotals(in, name) {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", escape(f.format), humanize.Comma(f.files),
				humanize.Comma(int64(len(f.partitions))), humanize.Comma(f.rows), size(f.bytes))
		}
	}))
	if text := t.LeftOut(); text != "" {
		fmt.Fprintf(b, "\n  %s\n", escape(text))
	}
	fmt.Fprintln(b)
	b.WriteString(terminal.Table(func(w io.Writer) {
		fmt.Fprintln(w, "  column\ttype\tmeaning")
		for _, c := range t.Columns {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", escape(c.Name), escape(typeText(c.Type, c.Nullable)), escape(c.Doc))
		}
	}))
}

// formatTotal adds up the files of one format.
type formatTotal struct {
	format             string
	files, rows, bytes int64
	partitions         map[string]bool
}

func formatTotals(in *inspect.Report, name string) []*formatTotal {
	var list []*formatTotal
	for _, f := range in.Manifest.Tables[name].Files {
		i := slices.IndexFunc(list, func(t *formatTotal) bool { return t.format == f.Format })
		if i < 0 {
			i = len(list)
			list = append(list, &formatTotal{format: f.Format, partitions: map[string]bool{}})
		}
		t := list[i]
		t.files, t.rows, t.bytes = t.files+1, t.rows+f.Rows, t.bytes+f.Bytes
		if len(f.Partition) > 0 {
			t.partitions[f.Path[:strings.LastIndexByte(f.Path, '/')]] = true
		}
	}
	return list
}
