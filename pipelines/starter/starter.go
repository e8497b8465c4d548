// Package starter writes a first spec for a connection of the API. It takes the schema and the name of a
// connection, and gives the text of a spec that runs as it is. It never writes files and never asks the API.
package starter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// schemaURL is where an editor finds the language of specs.
const schemaURL = "https://raw.githubusercontent.com/civic-etl/civic-etl/main/schemas/pipeline.schema.json"

// starterScope has the arguments that decide which records the server lists, with their values in a
// starter: a starter never relies on the server's defaults.
var starterScope = map[string]string{
	"status: EvidenceStatusFilter":                         "ACCEPTED",
	"evidenceStatusFilter: AssociatedEvidenceStatusFilter": "ALL",
	"includeAutomatedEvents: Boolean":                      "true",
	"includeRead: Boolean":                                 "true",
}

// Spec writes a spec for a connection: all plain values of its records, and the ids and names of related
// records.
func Spec(s *schemas.Schema, connection string) (string, error) {
	if _, err := s.Connection(connection); err != nil {
		return "", err
	}
	entries, err := browse.Lookup(s, connection)
	if err != nil {
		return "", err
	}
	st := &starter{schema: s, connection: entries[0], taken: map[string]bool{}}
	st.chooseColumns()
	return st.text(), nil
}

// starter is a spec being written.
type starter struct {
	schema     *schemas.Schema
	connection *browse.Entry
	columns    []column
	taken      map[string]bool // column names
	skipped    []string        // fields without a column
	hint       string          // about the types of an interface
}

type column struct {
	name, path string
	of         *browse.Entry
	plain      bool // never null, never a list
}

func (st *starter) text() string {
	var b strings.Builder
	name := snake(st.connection.Name)
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n#\n", schemaURL)
	fmt.Fprintf(&b, "# A starter for %s: take out what you do not need. What else there is:\n#   civic-etl schema %[1]s\n",
		st.connection.Name)
	fmt.Fprintf(&b, "version: 1\nname: %s\n", name)
	if st.connection.Doc != "" {
		fmt.Fprintf(&b, "description: %s\n", quoted(st.connection.Doc))
	}
	st.extract(&b)
	b.WriteString("\ncolumns:\n")
	for _, c := range st.columns {
		if c.of.Doc == "" {
			fmt.Fprintf(&b, "  %s: %s\n", c.name, c.path)
			continue
		}
		fmt.Fprintf(&b, "  %s: {path: %s, doc: %s}\n", c.name, c.path, quoted(c.of.Doc))
	}
	st.comment(&b)
	st.checks(&b)
	fmt.Fprintf(&b, "\nload:\n  to: out/%s\n  formats: [parquet]   # or ndjson, tsv, several of them\n", name)
	return b.String()
}

func (st *starter) extract(b *strings.Builder) {
	fmt.Fprintf(b, "\nextract:\n  from: %s\n", st.connection.Name)
	var given, others []string
	for _, arg := range st.connection.Args {
		value, scope := starterScope[arg.Name+": "+arg.Type]
		switch {
		case scope:
			line := fmt.Sprintf("    %s: %s", arg.Name, value)
			if rest := valuesBut(arg, value); rest != "" {
				line += "   # or " + rest
			}
			given = append(given, line+"\n")
		case len(arg.Values) > 0:
			others = append(others, fmt.Sprintf("    # %s: %s\n", arg.Name, valuesBut(arg, "")))
		}
	}
	if len(given) == 0 {
		b.WriteString("  args: {}\n")
	} else {
		b.WriteString("  args:\n" + strings.Join(given, ""))
	}
	b.WriteString(strings.Join(others, ""))
	switch out := st.connection.Pages.LeftOut; {
	case out == "":
	case len(given) == 0:
		fmt.Fprintf(b, "    # The server's default, which no argument changes: %s.\n", out)
	case strings.Contains(out, "deprecated"):
		b.WriteString("    # The server leaves deprecated records out, which no argument changes.\n")
	}
}

// valuesBut lists the enum values of an argument, except one.
func valuesBut(arg *browse.Entry, but string) string {
	var names []string
	for _, v := range arg.Values {
		if v.Name != but {
			names = append(names, v.Name)
		}
	}
	return strings.Join(names, ", ")
}

// comment lists the fields without a column.
func (st *starter) comment(b *strings.Builder) {
	if st.hint != "" {
		fmt.Fprintf(b, "  # %s\n", st.hint)
	}
	if len(st.skipped) > 0 {
		fmt.Fprintf(b, "  # Not taken: %s.\n", strings.Join(st.skipped, ", "))
	}
}

func (st *starter) checks(b *strings.Builder) {
	if !st.taken["id"] {
		return
	}
	b.WriteString("key: [id]\n")
	if column := st.partition(); column != "" {
		fmt.Fprintf(b, "# partition_by: [%s]   # a folder for each value\n", column)
	}
	b.WriteString("\nchecks:   # all must hold, or nothing is published\n  - unique: [id]\n")
	if i := slices.IndexFunc(st.columns, func(c column) bool { return c.name == "name" && c.plain }); i >= 0 {
		b.WriteString("  - not_null: [id, name]\n")
	}
	b.WriteString("  # - min_rows: 100\n  # - max_shrink: 5%   # against the output that is replaced\n")
	b.WriteString("max_rejects: 0   # records that may be left out\n")
}

// partition is a column with few values, preferably a level or type; "" if there is none.
func (st *starter) partition() string {
	for _, end := range []string{"_level", "_type", "typename", ""} {
		for _, c := range st.columns {
			if c.plain && (len(c.of.Values) > 1 || c.name == "typename") && strings.HasSuffix(c.name, end) {
				return c.name
			}
		}
	}
	return ""
}

// quoted is a text as YAML: a JSON string is a YAML string.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(strings.ReplaceAll(text, "${", "$${")) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// snake converts a field's name to a column's: evidenceLevel to evidence_level.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), "_")
}
