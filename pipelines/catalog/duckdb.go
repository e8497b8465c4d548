package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// duckdb is a script that loads all tables into DuckDB, with types, keys and docs. Paths are relative to the folder.
func (c *catalog) duckdb() string {
	var b strings.Builder
	b.WriteString("-- " + mark + `: loads every table here with its exact types, all or none. In this folder:
--   duckdb civic.duckdb -f load.duckdb.sql
-- From elsewhere, first: SET file_search_path = '/path/to/this/folder';
-- A second time it replaces the tables by what the files hold then.
BEGIN TRANSACTION;
`)
	for _, t := range c.tables {
		t.duckdb(&b)
	}
	b.WriteString("\nCOMMIT;\n")
	return b.String()
}

func (t *table) duckdb(b *strings.Builder) {
	if note := t.unreadable(); note != "" {
		b.WriteString(note)
		return
	}
	name := quoteSQL(t.name, `"`)
	var lines []string
	for _, col := range t.Columns {
		line := fmt.Sprintf("  %s %s", quoteSQL(col.Name, `"`), duckdb.typeOf(t, col))
		if !t.nullable(col) {
			line += " NOT NULL"
		}
		lines = append(lines, line)
	}
	if t.unique() {
		constraint := "PRIMARY KEY"
		if t.nullableKey() {
			constraint = "UNIQUE"
		}
		lines = append(lines, fmt.Sprintf("  %s (%s)", constraint, quoteAll(t.Key, `"`)))
	}
	fmt.Fprintf(b, "\nCREATE OR REPLACE TABLE %s (\n%s\n);\n", name, strings.Join(lines, ",\n"))
	if !t.files.none {
		fmt.Fprintf(b, "INSERT INTO %s BY NAME SELECT * FROM %s;\n", name, t.duckdbReader())
	}
	if doc := t.doc(); doc != "" {
		fmt.Fprintf(b, "COMMENT ON TABLE %s IS %s;\n", name, textSQL(doc))
	}
	for _, col := range t.Columns {
		if doc := wording.OneLine(col.Doc); doc != "" {
			fmt.Fprintf(b, "COMMENT ON COLUMN %s.%s IS %s;\n", name, quoteSQL(col.Name, `"`), textSQL(doc))
		}
	}
}

func (t *table) duckdbReader() string {
	function, options := "", []string{textSQL(t.files.pattern())}
	switch t.files.format {
	case "parquet":
		function = "read_parquet"
	case "ndjson":
		function = "read_json"
		options = append(options, "format = 'newline_delimited'", "maximum_object_size = 67108864",
			"columns = "+t.duckdbColumns())
	default:
		function = "read_csv"
		options = append(options, "delim = '\t'", "header = true", `quote = '"'`, `escape = '"'`,
			"nullstr = "+textSQL(t.files.null), "allow_quoted_nulls = false", "auto_detect = false",
			"max_line_size = 67108864", "columns = "+t.duckdbColumns())
	}
	if len(t.PartitionBy) == 0 {
		options = append(options, "hive_partitioning = false")
	} else {
		var types []string
		for _, name := range t.PartitionBy {
			column := t.Columns[t.Index(name)]
			types = append(types, textSQL(name)+": "+textSQL(duckdb.typeOf(t, column)))
		}
		options = append(options, "hive_partitioning = true", "hive_types = {"+strings.Join(types, ", ")+"}")
	}
	return fmt.Sprintf("%s(%s)", function, strings.Join(options, ", "))
}

// duckdbColumns lists the columns inside the files, with their types. Paths hold those of partitions.
func (t *table) duckdbColumns() string {
	var list []string
	for _, col := range t.Columns {
		if !slices.Contains(t.PartitionBy, col.Name) {
			list = append(list, textSQL(col.Name)+": "+textSQL(duckdb.typeOf(t, col)))
		}
	}
	return "{" + strings.Join(list, ", ") + "}"
}

type dialect struct {
	list  string // format
	types map[schemas.Kind]string
}

// typeOf is the type of a column. A list in a TSV file is one text.
func (d dialect) typeOf(t *table, c schemas.Column) string {
	switch {
	case c.Type.List && t.files.format == "tsv":
		return d.types[schemas.String]
	case c.Type.List:
		return fmt.Sprintf(d.list, d.types[c.Type.Kind])
	}
	return d.types[c.Type.Kind]
}

var duckdb = dialect{list: "%s[]", types: map[schemas.Kind]string{
	schemas.Int32: "INTEGER", schemas.Int64: "BIGINT", schemas.Float64: "DOUBLE", schemas.Bool: "BOOLEAN",
	schemas.String: "VARCHAR", schemas.Enum: "VARCHAR", schemas.JSON: "VARCHAR",
	schemas.Timestamp: "TIMESTAMP WITH TIME ZONE", schemas.Date: "DATE",
}}

func quoteSQL(name, quote string) string {
	return quote + strings.ReplaceAll(name, quote, quote+quote) + quote
}

func quoteAll(names []string, quote string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, quoteSQL(name, quote))
	}
	return strings.Join(quoted, ", ")
}

func textSQL(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
