package catalog

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// spark is a script that declares all tables over their files. Spark needs absolute paths, so the folder is a variable.
func (c *catalog) spark() string {
	var b strings.Builder
	b.WriteString("-- " + mark + `: declares every table over its files here, with exact types. The
-- variable civic is this folder:
--   spark-sql -d civic="$PWD" -f load.spark.sql
-- or in PySpark:
--   spark.sql("SET civic=/path/to/this/folder")
--   for statement in open("load.spark.sql").read().split(";\n"):
--       if statement.strip(): spark.sql(statement)
-- Partitions are found when a table is read, so that the next run's are there too.
`)
	for _, t := range c.tables {
		t.spark(&b)
	}
	return b.String()
}

func (t *table) spark(b *strings.Builder) {
	if note := t.unreadable(); note != "" {
		b.WriteString(note)
		return
	}
	var lines []string
	for _, col := range t.Columns {
		line := fmt.Sprintf("  %s %s", quoteSQL(col.Name, "`"), spark.typeOf(t, col))
		if doc := wording.OneLine(col.Doc); doc != "" {
			line += " COMMENT " + textSpark(doc)
		}
		lines = append(lines, line)
	}
	name := quoteSQL(t.name, "`")
	fmt.Fprintf(b, "\nDROP TABLE IF EXISTS %s;\nCREATE TABLE %s (\n%s\n)\nUSING %s\n",
		name, name, strings.Join(lines, ",\n"), t.sparkFormat())
	fmt.Fprintf(b, "LOCATION '${civic}/%s'", strings.Trim(textSpark(t.files.path), "'"))
	if doc := t.doc(); doc != "" {
		fmt.Fprintf(b, "\nCOMMENT %s", textSpark(doc))
	}
	b.WriteString(";\n")
}

func (t *table) sparkFormat() string {
	switch t.files.format {
	case "parquet":
		return "parquet"
	case "ndjson":
		return "json OPTIONS (mode 'FAILFAST')"
	}
	// An empty field is null, a quoted one an empty string. Spark distinguishes them only if the null text is neither.
	null := `'\u0000'`
	if t.files.null != "" {
		null = textSpark(t.files.null)
	}
	return `csv OPTIONS (sep '\t', header 'true', quote '"', escape '"', multiLine 'true', mode 'FAILFAST', ` +
		"nullValue " + null + ")"
}

var spark = dialect{list: "ARRAY<%s>", types: map[schemas.Kind]string{
	schemas.Int32: "INT", schemas.Int64: "BIGINT", schemas.Float64: "DOUBLE", schemas.Bool: "BOOLEAN",
	schemas.String: "STRING", schemas.Enum: "STRING", schemas.JSON: "STRING",
	schemas.Timestamp: "TIMESTAMP", schemas.Date: "DATE",
}}

// textSpark is a string literal of Spark, where a backslash escapes and ${…} is a variable.
func textSpark(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "${", `\u0024{`).Replace(text) + "'"
}
