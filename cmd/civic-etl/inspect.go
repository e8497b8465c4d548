package main

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
	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "schema, row groups, encodings, statistics, row counts of what was written (file, folder)",
		ArgsUsage: "PATH",
		Description: `Shows what is in a Parquet, NDJSON or TSV file (the latter two also .gz or .zst), whoever wrote it, in a manifest or
a file of rejects, or in a published folder. Text files are read to their end; they have no types, so the types shown
are what the values look like.

   civic-etl inspect out/evidence
   civic-etl inspect out/evidence/evidence.parquet --rows 3
   civic-etl inspect out/evidence/evidence.parquet --json`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "rows", Usage: "show the first `N` rows as well"},
			&cli.BoolFlag{Name: "json", Usage: "print everything as JSON, nothing abridged"},
		},
		Action: inspect,
	}
}

func inspect(c *cli.Context) error {
	switch {
	case c.Args().Len() != 1:
		return usagef("inspect: name one file or published folder")
	case c.Int("rows") < 0:
		return usagef("--rows %d: give the number of rows to show", c.Int("rows"))
	}
	in, err := pipelines.Inspect(c.Context, c.Args().First(), c.Int("rows"))
	if err != nil {
		return failures{err}
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, in)
	}
	var b bytes.Buffer
	writeInspection(&b, in)
	return printTo(c.App.Writer, b.String())
}

func writeInspection(b *bytes.Buffer, in *pipelines.Inspection) {
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
			what += " of " + shown(s.Table)
		}
		if len(s.LeftOut) > 0 {
			what += " without the columns of unsupported types: " + shown(strings.Join(s.LeftOut, ", "))
		}
		fmt.Fprintf(b, "\n%s:\n", what)
		for _, row := range s.Rows {
			fmt.Fprintf(b, "  %s\n", shown(string(row)))
		}
	}
}

func writeFile(b *bytes.Buffer, in *pipelines.Inspection) {
	facts := []string{in.Kind}
	if in.Compression != "" && in.Compression != "none" {
		facts[0] += " (" + in.Compression + ")"
	}
	facts = append(facts, count(in.Rows, "row"), count(int64(len(in.Columns)), "column"), humanize.IBytes(uint64(in.Bytes)))
	if in.Kind == "parquet" {
		facts[0] += " " + in.Version
		facts = append(facts, count(int64(len(in.RowGroups)), "row group"))
		if in.CreatedBy != "" {
			facts = append(facts, "written by "+in.CreatedBy)
		}
	}
	fmt.Fprintf(b, "%s: %s\n\n", shown(in.Path), shown(strings.Join(facts, ", ")))
	b.WriteString(table(func(w io.Writer) { writeColumns(w, in) }))
	if in.Kind != "parquet" {
		return
	}
	fmt.Fprintln(b)
	b.WriteString(table(func(w io.Writer) { writeRowGroups(w, in) }))
	writeMetadata(b, in.Metadata)
}

// boundWidth is how many characters of a bound, or a name, are shown.
const boundWidth = 24

func writeColumns(w io.Writer, in *pipelines.Inspection) {
	if in.Kind != "parquet" {
		fmt.Fprintln(w, "column\tlooks like\tnulls")
		for _, c := range in.Columns {
			fmt.Fprintf(w, "%s\t%s\t%s\n", shown(c.Name), shown(c.Type), humanize.Comma(c.Nulls))
		}
		return
	}
	fmt.Fprintln(w, "column\ttype\tnulls\tmin\tmax\tbytes\tof\tencodings\tcompression")
	for _, c := range in.Columns {
		typ := c.Type
		if !c.Nullable {
			typ += " not null"
		}
		nulls := "-"
		if c.Nulls >= 0 {
			nulls = humanize.Comma(c.Nulls)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shown(c.Name), shown(typ), nulls, limitText(c.Min), limitText(c.Max),
			humanize.IBytes(uint64(max(0, c.Bytes))), humanize.IBytes(uint64(max(0, c.Uncompressed))), strings.Join(c.Encodings, " "), strings.Join(c.Compression, " "))
	}
}

func limitText(text *string) string {
	switch {
	case text == nil:
		return "-"
	case *text == "":
		return `""`
	}
	short := []rune(shown(*text))
	if len(short) > boundWidth {
		short = append(short[:boundWidth-1], '…')
	}
	return string(short)
}

// mostGroups is how many row groups are listed one by one.
const mostGroups = 12

func writeRowGroups(w io.Writer, in *pipelines.Inspection) {
	fmt.Fprintln(w, "row group\trows\tbytes\tof")
	for i, g := range in.RowGroups {
		if i == mostGroups {
			fmt.Fprintf(w, "… %d more\n", len(in.RowGroups)-i)
			break
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", i+1, humanize.Comma(g.Rows), humanize.IBytes(uint64(max(0, g.Bytes))), humanize.IBytes(uint64(max(0, g.Uncompressed))))
	}
}

func writeMetadata(b *bytes.Buffer, pairs map[string]string) {
	if len(pairs) == 0 {
		return
	}
	fmt.Fprintln(b)
	b.WriteString(table(func(w io.Writer) {
		fmt.Fprintln(w, "metadata\tbytes\tbegins")
		for _, k := range slices.Sorted(maps.Keys(pairs)) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", shown(k), humanize.Comma(int64(len(pairs[k]))), shown(abridged(pairs[k])))
		}
	}))
}

func writeRejects(b *bytes.Buffer, in *pipelines.Inspection) {
	fmt.Fprintf(b, "%s: %s, %s\n\n", shown(in.Path), count(in.Rows, "rejected record"), humanize.IBytes(uint64(in.Bytes)))
	b.WriteString(table(func(w io.Writer) {
		fmt.Fprintln(w, "records\ttable\tpath\treason")
		for _, r := range in.Rejects {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", humanize.Comma(r.Records), shown(r.Table), shown(r.Path), shown(r.Reason))
		}
	}))
}

func writeFolder(b *bytes.Buffer, in *pipelines.Inspection) {
	m := in.Manifest
	fmt.Fprintf(b, "%s: %s, %s\n\n", shown(in.Path), count(int64(len(m.Tables)), "table"), count(in.Rows, "row"))
	b.WriteString(table(func(w io.Writer) {
		fmt.Fprintf(w, "published\t%s, run %s of civic-etl %s\n", m.FinishedAt.UTC().Format(time.DateTime+" UTC"), shown(m.RunID), shown(m.ToolVersion))
		fmt.Fprintf(w, "spec\t%s, sha256 %s\n", shown(m.Spec.Name), shown(m.Spec.SHA256))
		fmt.Fprintf(w, "from\t%s of %s%s\n", shown(m.Source.Connection), shown(m.Source.Endpoint), shown(argsText(m.Source.Args)))
		fmt.Fprintf(w, "status\t%s: %s of %s, in %s\n", shown(m.Status), humanize.Comma(m.Extract.Unique), count(m.Extract.TotalCount, "record"), count(m.Extract.Requests, "request"))
		for _, c := range m.Checks {
			found := strings.TrimSuffix(": "+c.Found, ": ")
			fmt.Fprintf(w, "check\t%s: %s: %s%s\n", shown(c.Outcome), shown(c.Table), shown(c.Check), shown(found))
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
			value, _ := json.Marshal(args[k], json.Deterministic(true)) // it came of JSON
			text = string(value)
		}
		parts = append(parts, k+": "+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func writeTable(b *bytes.Buffer, in *pipelines.Inspection, name string) {
	t := in.Manifest.Tables[name]
	fmt.Fprintf(b, "\n%s: %s, %s rejected", shown(name), count(t.Rows, "row"), humanize.Comma(t.Rejected))
	if len(t.Key) > 0 {
		fmt.Fprintf(b, ", key %s", shown(strings.Join(t.Key, ", ")))
	}
	fmt.Fprint(b, "\n")
	if t.Doc != "" {
		fmt.Fprintf(b, "  %s\n", shown(t.Doc))
	}
	fmt.Fprint(b, "\n")
	b.WriteString(table(func(w io.Writer) {
		fmt.Fprintln(w, "  format\tfiles\tpartitions\trows\tbytes")
		for _, f := range formatTotals(in, name) {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", shown(f.format), humanize.Comma(f.files), humanize.Comma(int64(len(f.partitions))),
				humanize.Comma(f.rows), humanize.IBytes(uint64(f.bytes)))
		}
	}))
	fmt.Fprintln(b)
	b.WriteString(table(func(w io.Writer) {
		fmt.Fprintln(w, "  column\ttype\tmeaning")
		for _, c := range t.Columns {
			typ := c.Type
			if !c.Nullable {
				typ += " not null"
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\n", shown(c.Name), shown(typ), shown(c.Doc))
		}
	}))
}

// formatTotal adds up the files of one format.
type formatTotal struct {
	format             string
	files, rows, bytes int64
	partitions         map[string]bool
}

func formatTotals(in *pipelines.Inspection, name string) []*formatTotal {
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
