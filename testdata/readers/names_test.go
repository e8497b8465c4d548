package readers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// columnNames are names that a script must quote.
var columnNames = []string{
	"plain", `q"t`, `""`, "it's", "a`b", "a b", "a,b", "a.b", "a;b", `a\b`, `\n`, "$x", "ünïcode 日本", "a=b",
	"a/b", "{x}", "[x]", "SELECT", "group", "at", "-", "#", "%41", "a:b", "*", "(x)", "a?b", "--", "/* x */", "_hidden", ".hidden",
	"a<b>&c", "~^|", "@x", "!", "1", "1e5", "NULL", "true",
}

// partitionKinds are columns of every type that a table can be partitioned by, and DuckDB's names of the types.
var partitionKinds = [][3]string{
	{"integer", "{path: id, type: int32}", "INTEGER"}, {"number", "id", "BIGINT"},
	{"double", "molecularProfile.molecularProfileScore", "DOUBLE"}, {"flag", "flagged", "BOOLEAN"},
	{"moment", "acceptanceEvent.createdAt", "TIMESTAMP WITH TIME ZONE"},
	{"day", "{path: acceptanceEvent.createdAt, type: date}", "DATE"}, {"word", "significance", "VARCHAR"},
	{"words", "disease.name", "VARCHAR"},
}

// namesSpec has a table of all names, a table partitioned by each name, and one partitioned by each kind.
func namesSpec(format string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: names_%s\nextract: {from: evidenceItems, args: {status: ALL}}\n", format)
	fmt.Fprintf(&b, "load: {to: out/names, formats: [%s]}\ntables:\n  all_names:\n    columns:\n      id: id\n", format)
	for i, name := range columnNames {
		fmt.Fprintf(&b, "      %s: {expr: 'string(id) + %q'}\n", yamlText(name), fmt.Sprint("-", i))
	}
	for i, name := range partitionNames(format) {
		fmt.Fprintf(&b, "  by_name_%d:\n    columns: {id: id, %s: evidenceLevel}\n    partition_by: [%s]\n",
			i, yamlText(name), yamlText(name))
	}
	for _, kind := range partitionKinds {
		fmt.Fprintf(&b, "  by_%s:\n    columns: {id: id, copy: %s, part: %s}\n    partition_by: [part]\n", kind[0], kind[1], kind[1])
	}
	return b.String()
}

func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// TestNames runs the scripts of a catalog over names that need quotes, and over partitions of every type, in a time
// zone that is not UTC.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	var lines strings.Builder
	nodes := nastyNodes()[:9]
	for _, n := range nodes {
		text, err := marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		lines.WriteString(text + "\n")
	}
	file := filepath.Join(dir, "nodes.ndjson")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var specs []string
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		spec := filepath.Join(dir, "names_"+format+".yaml")
		if err := os.WriteFile(spec, []byte(namesSpec(format)), 0o600); err != nil {
			t.Fatal(err)
		}
		specs = append(specs, spec)
	}
	out := filepath.Join(dir, "out")
	args := append([]string{"run", "--demo", "--demo-nodes", "evidenceItems=" + file, "--out", out, "--progress", "none"}, specs...)
	if got := civic(t, args...); got.code != 0 {
		t.Fatalf("exit status %d\n%s", got.code, got.stderr)
	}
	db := duckDB(t)
	if _, err := db.Exec("SET TimeZone = 'America/New_York'"); err != nil {
		t.Fatal(err)
	}
	loadedInto(t, db, out)
	cases := []sparkCase{{Code: "spark.conf.set('spark.sql.session.timeZone', 'America/New_York')"},
		{Script: filepath.Join(out, "load.spark.sql")}}
	for _, q := range nameQueries() {
		wanted := fmt.Sprintf("[%d]", len(nodes))
		if got, err := queryErr(db, q.text(identifier)); err != nil || got.rows[0] != wanted {
			t.Errorf("DuckDB: %s: %v, %v", q.text(identifier), got, err)
		}
		cases = append(cases, sparkCase{Name: q.table, Query: q.text(backticks)})
	}
	got := sparkRead(t, sparkPython(t), cases)
	for _, c := range cases[2:] {
		if rel := loadSpark(t, got, c); rel.rows[0] != fmt.Sprintf("[%d]", len(nodes)) {
			t.Errorf("Spark: %s: %s", c.Query, rel.rows)
		}
	}
}

// nameQuery counts the rows of a table that are as they should be.
type nameQuery struct {
	table string
	where func(quote func(string) string) string
}

func (q nameQuery) text(quote func(string) string) string {
	return "SELECT count(*) n FROM " + q.table + " WHERE " + q.where(quote)
}

func nameQueries() []nameQuery {
	var all []nameQuery
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		table := func(name string) string { return "names_" + format + "_" + name }
		all = append(all, nameQuery{table("all_names"), func(quote func(string) string) string {
			var conditions []string
			for i, name := range columnNames {
				conditions = append(conditions, fmt.Sprintf("%s = concat(id, '-%d')", quote(name), i))
			}
			return strings.Join(conditions, " AND ")
		}})
		for i, name := range partitionNames(format) {
			all = append(all, nameQuery{fmt.Sprint("by_name_", i), func(quote func(string) string) string {
				return quote(name) + " BETWEEN 'A' AND 'E'"
			}})
		}
		for _, kind := range partitionKinds {
			all = append(all, nameQuery{table("by_" + kind[0]), func(func(string) string) string {
				if kind[2] == "VARCHAR" { // an empty text is null in a path
					return "part = copy OR part IS NULL AND coalesce(copy, '') = ''"
				}
				return "part = copy OR part IS NULL AND copy IS NULL"
			}})
		}
	}
	return all
}

// partitionNames are names that a partition column may have. One format is enough: all have the same folders.
func partitionNames(format string) []string {
	if format != "parquet" {
		return nil
	}
	return []string{"a`b", "a b", "a,b", "a.b;c", "$x", "ünïcode 日本", "SELECT", "--", "(x)", "a<b>&c", "1", "NULL"}
}

func backticks(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
