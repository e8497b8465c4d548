package catalog

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// readme is the data dictionary, with a section for each table.
func (c *catalog) readme() string {
	var b strings.Builder
	b.WriteString("# Data dictionary\n\n" + mark + ` with each run, for the tables in this folder.
Each pipeline has its own folder here. Its ` + "`_manifest.json`" + ` records the time and source of extraction, and the
hash of every file. ` + "`civic-etl verify FOLDER`" + ` checks the files.

- DuckDB: ` + "`duckdb civic.duckdb -f load.duckdb.sql`" + ` in this folder makes every table, with exact types and keys.
- Spark: ` + "`spark-sql -d civic=\"$PWD\" -f load.spark.sql`" + ` declares every table over its files. Its first lines show
  how to use it from PySpark.
`)
	if len(c.absent) > 0 {
		fmt.Fprintf(&b, "\nNot described, since their runs failed: %s.\n", strings.Join(c.absent, ", "))
	}
	if len(c.others) > 0 {
		fmt.Fprintf(&b, "\nNot described, since specs of other runs published them: %s. "+
			"One run of all specs describes all.\n", codeSpans(c.others))
	}
	b.WriteString("\n| table | content | pipeline |\n| --- | --- | --- |\n")
	for _, t := range c.tables {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", t.anchor(), cellText(t.doc()), t.plan.Spec.Name)
	}
	fmt.Fprintf(&b, "\nTheir keys (PK) and references (FK):\n\n```mermaid\n%s```\n", c.mermaid())
	from := map[*table][]string{}
	for _, t := range c.tables {
		for _, l := range t.links {
			from[l.to] = append(from[l.to], fmt.Sprintf("%s.%s", t.anchor(), cellText(strings.Join(l.columns, ", "))))
		}
	}
	for _, t := range c.tables {
		t.section(&b, from[t])
	}
	return b.String()
}

func (t *table) anchor() string { return fmt.Sprintf("[%s](#%s)", t.name, t.name) }

// section describes a table. from are the columns that refer to it.
func (t *table) section(b *strings.Builder, from []string) {
	fmt.Fprintf(b, "\n## %s\n\n", t.name)
	if doc := t.doc(); doc != "" {
		fmt.Fprintf(b, "%s\n\n", htmlText(doc))
	}
	t.facts(b, from)
	b.WriteString("\n| column | type | null | meaning | source |\n| --- | --- | --- | --- | --- |\n")
	for i, col := range t.Columns {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n",
			cellText(col.Name), cellText(col.Type.String()), plan.NullText(col.Type), t.meaning(col.Name, col.Doc),
			cellSpan(plan.FromText(t.sources[i])))
	}
}

func (t *table) facts(b *strings.Builder, from []string) {
	fact := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "- %s: %s\n", name, text)
		}
	}
	rows := fmt.Sprintf("%s of %s", plan.RowsText(*t.spec), codeSpan(t.plan.Call()))
	if t.spec.Filter != "" {
		rows += ", where " + codeSpan(wording.OneLine(t.spec.Filter))
	}
	fact("Rows", rows)
	fact("Key", cellText(strings.Join(t.Key, ", ")))
	fact("Partitioned by", cellText(strings.Join(t.PartitionBy, ", ")))
	fact("Files", codeSpans(append([]string{t.files.path}, t.files.others...)))
	for _, l := range t.links {
		if len(l.columns) > 1 {
			fact("Refers", fmt.Sprintf("(%s) to %s (%s)",
				cellText(strings.Join(l.columns, ", ")), l.to.anchor(), cellText(strings.Join(l.keys, ", "))))
		}
	}
	fact("Referred to by", strings.Join(from, ", "))
}

// meaning is the doc of a column and its reference.
func (t *table) meaning(column, doc string) string {
	text := cellText(doc)
	for _, l := range t.links {
		if len(l.columns) > 1 || l.columns[0] != column {
			continue
		}
		text += fmt.Sprintf(" → %s.%s", l.to.anchor(), cellText(l.keys[0]))
		switch {
		case l.why != "":
			text += fmt.Sprintf(" (if it is there: %s)", cellText(l.why))
		case l.optional:
			text += " (if it is there)"
		}
	}
	return strings.TrimSpace(text)
}

func htmlText(text string) string { return strings.ReplaceAll(text, "<", "&lt;") }

func cellText(text string) string {
	return strings.ReplaceAll(htmlText(wording.OneLine(text)), "|", `\|`)
}

func cellSpan(text string) string { return strings.ReplaceAll(codeSpan(text), "|", `\|`) }

// codeSpan is text in backticks, more than it contains in a row.
func codeSpan(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if fence == "`" {
		return fence + text + fence
	}
	return fence + " " + text + " " + fence
}

func codeSpans(texts []string) string {
	var spans []string
	for _, text := range texts {
		spans = append(spans, codeSpan(text))
	}
	return strings.Join(spans, ", ")
}
