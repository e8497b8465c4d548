package plan

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// Text is the plan for people: the request, its cost, and the columns and files it gives.
func (p *Plan) Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name string, lines ...string) {
		for i, line := range lines {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "%s\t%s\n", name, line)
		}
	}
	row("pipeline", strings.TrimSuffix(p.Spec.Name+": "+wording.OneLine(p.Spec.Description), ": "))
	row("spec", p.Spec.File)
	row("endpoint", p.Spec.Source.Endpoint, "API key from "+p.Spec.Source.APIKeyEnv+", if that is set")
	for _, part := range p.All() {
		row("connection", connectionText(part)...)
		row("paging", part.PagingWhy, "if the server does not page so: "+strings.Join(pagingNext(part), "; then "))
		row("proof", pagingProof(part))
	}
	row("requests", costText(p)...)
	row("output", p.Target+string('/'))
	row("formats", formatsText(p))
	w.Flush()
	for _, part := range p.All() {
		fmt.Fprintf(&b, "\nquery\n%s", indent(part.Query.Text()))
	}
	for i := range p.Tables {
		writeTable(p, &b, i)
	}
	return b.String()
}

func connectionText(p *Plan) []string {
	lines := []string{p.Call() + ": records of type " + p.Connection.Node}
	argument, _, _ := strings.Cut(p.Connection.DefaultFilter, ":")
	if _, given := p.Spec.Extract.Args[argument]; p.Connection.DefaultFilter != "" && !given {
		lines = append(lines, "unless arguments say otherwise, the API's default: "+p.Connection.DefaultFilter)
	}
	return lines
}

func formatsText(p *Plan) string {
	var names []string
	for _, f := range p.Formats {
		name := f.Name
		if c := compression(f); c != "none" {
			name += " (" + c + ")"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if p.RowsPerFile > 0 {
		text += fmt.Sprintf(", at most %d rows per file", p.RowsPerFile)
	}
	return text
}

// compression is that of the format, or its default.
func compression(f format.Format) string {
	if f.Compression == "" && f.Name == "parquet" {
		return "zstd"
	}
	return cmp.Or(f.Compression, "none")
}

func writeTable(p *Plan, b *strings.Builder, i int) {
	t, spec := p.Tables[i], p.Spec.Tables[i]
	fmt.Fprintf(b, "\ntable %s: %s\n", t.Name, RowsText(spec))
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  column\ttype\tnull\tfrom\n")
	for j, from := range spec.Written() {
		c := t.Columns[j]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", wording.OneLine(c.Name), c.Type, NullText(c.Type), FromText(from))
	}
	w.Flush()
	if len(t.Key) > 0 {
		fmt.Fprintf(b, "  key: %s\n", strings.Join(t.Key, ", "))
	}
	if spec.Filter != "" {
		fmt.Fprintf(b, "  filter: %s\n", wording.OneLine(spec.Filter))
	}
	for _, c := range p.Checks[i] {
		fmt.Fprintf(b, "  check: %s\n", c)
	}
	for _, f := range FilePatterns(p, i) {
		fmt.Fprintf(b, "  file: %s\n", f)
	}
}

// RowsText says what a row of the table is.
func RowsText(t spec.Table) string {
	text := "a row for each record"
	if t.Rows != "" {
		text = "a row for each element of " + t.Rows
	}
	if t.Outer {
		text += ", and one for each record without any"
	}
	for _, c := range t.Columns {
		if c.Repeat {
			text += ", repeated, with its number in " + wording.OneLine(c.Name)
		}
	}
	return text
}

// NullText says whether values of the type can be null.
func NullText(t schemas.Type) string {
	switch {
	case t.Nullable && t.List && t.ElementNullable:
		return "yes, elements too"
	case t.Nullable:
		return "yes"
	case t.List && t.ElementNullable:
		return "elements"
	}
	return "no"
}

// FromText is the path or expression of a column, with its options.
func FromText(c spec.Column) string {
	if c.Expr != "" {
		return "= " + wording.OneLine(c.Expr)
	}
	if c.Lookup != "" {
		return "lookup " + c.Lookup + " by " + wording.Quote(c.By)
	}
	text := c.Path
	if c.List != schemas.Keep.String() {
		text += ", list: " + c.List
	}
	if c.Labels {
		text += ", labels"
	}
	if c.Whole {
		text += ", whole"
	}
	return text
}

// FilePatterns lists the files of a table below the target, with a pattern for partitions and parts.
func FilePatterns(p *Plan, table int) []string {
	t := p.Tables[table]
	var files []string
	for _, f := range p.Formats {
		extension := f.Extension()
		file := t.Name + extension
		for _, column := range t.PartitionBy {
			file += "/" + column + "=*"
		}
		if len(t.PartitionBy) > 0 || p.RowsPerFile > 0 {
			file += "/part-*" + extension
		}
		files = append(files, file)
	}
	return files
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// Call is the connection with the spec's arguments, as GraphQL.
func (p *Plan) Call() string {
	if p.Query.Args == "" {
		return p.Connection.Name
	}
	return p.Connection.Name + "(" + p.Query.Args + ")"
}
