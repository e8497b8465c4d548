package readers

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runAll is all of the demo API's knowledge base, as the cookbook's commands publish it.
func runAll(t *testing.T) string {
	t.Helper()
	return filepath.Join(cookbookFolder(t), "civic")
}

// loaded is a database into which a catalog's own script has loaded its tables.
func loaded(t *testing.T, dir string) *sql.DB {
	t.Helper()
	return loadedInto(t, duckDB(t), dir)
}

func loadedInto(t *testing.T, db *sql.DB, dir string) *sql.DB {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(dir, "load.duckdb.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("SET file_search_path = " + literal(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(script)); err != nil {
		t.Fatal(err)
	}
	return db
}

// folders are the manifests of the folders in dir, by their names.
func folders(t *testing.T, dir string) map[string]manifest {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "_manifest.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing is published in %s: %v", dir, err)
	}
	all := map[string]manifest{}
	for _, path := range found {
		all[filepath.Base(filepath.Dir(path))] = readManifest(t, filepath.Dir(path))
	}
	return all
}

// duckTypeOf is DuckDB's name of a type in a manifest.
func duckTypeOf(typ string) string {
	if element, ok := strings.CutPrefix(typ, "list<"); ok {
		return duckTypeOf(strings.TrimSuffix(element, ">")) + "[]"
	}
	return map[string]string{"int32": "INTEGER", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "string": "VARCHAR",
		"timestamp[us, UTC]": "TIMESTAMP WITH TIME ZONE", "date": "DATE"}[typ]
}

// TestCatalogDuckDB loads the whole knowledge base by load.duckdb.sql: every table of
// every manifest is there with its types, its keys, its rows and what they mean.
func TestCatalogDuckDB(t *testing.T) {
	dir := runAll(t)
	db := loaded(t, dir)
	t.Run("references", func(t *testing.T) { checkReferences(t, dir, db) })
	tables := 0
	for folder, m := range folders(t, dir) {
		if got := civic(t, "verify", filepath.Join(dir, folder)); got.code != 0 {
			t.Errorf("verify %s: exit status %d\n%s", folder, got.code, got.stdout)
		}
		for name, table := range m.Tables {
			tables++
			var want []string
			constraint := "PRIMARY KEY"
			for _, c := range table.Columns {
				if c.Nullable && slices.Contains(table.Key, c.Name) {
					constraint = "UNIQUE"
				}
				nullable := map[bool]string{true: "YES", false: "NO"}[c.Nullable]
				text, _ := marshal([]any{c.Name, duckTypeOf(c.Type), nullable})
				want = append(want, text)
			}
			got := query(t, db, "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = "+literal(name)+" ORDER BY ordinal_position")
			if !slices.Equal(got.rows, want) {
				t.Errorf("%s\n got %s\nwant %s", name, got.rows, want)
			}
			rows := query(t, db, "SELECT count(*) AS n FROM "+identifier(name)).rows[0]
			if want := fmt.Sprintf("[%d]", table.Rows); rows != want {
				t.Errorf("%s: rows %s, the manifest says %s", name, rows, want)
			}
			key := query(t, db, "SELECT array_to_string(constraint_column_names, ', ') AS k FROM duckdb_constraints() WHERE constraint_type = "+literal(constraint)+" AND table_name = "+literal(name))
			if want := fmt.Sprintf("[%q]", strings.Join(table.Key, ", ")); !slices.Equal(key.rows, []string{want}) {
				t.Errorf("%s: %s %s, want %s", name, constraint, key.rows, want)
			}
		}
	}
	for _, missing := range []string{
		"SELECT table_name FROM duckdb_tables() WHERE comment IS NULL",
		"SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL",
	} {
		if got := query(t, db, missing); len(got.rows) > 0 {
			t.Errorf("without comment: %s", got.rows)
		}
	}
	if got := query(t, db, "SELECT count(*) AS n FROM duckdb_tables()").rows[0]; got != fmt.Sprintf("[%d]", tables) {
		t.Errorf("%s tables, the manifests have %d", got, tables)
	}
}

var reference = regexp.MustCompile(`^references: (\S+) to (\S+) of (\S+?)(, not required)?$`)

// checkReferences joins every foreign key with the table it leads to: none is
// without its row, but where the manifest says so.
func checkReferences(t *testing.T, dir string, db *sql.DB) {
	seen := map[string]int{}
	for folder, m := range folders(t, dir) {
		for _, c := range m.Checks {
			parts := reference.FindStringSubmatch(c.Check)
			if parts == nil {
				continue
			}
			to := strings.TrimPrefix(parts[3], "out/")
			if _, table, ok := strings.Cut(to, "#"); ok {
				to = table
			}
			values := identifier(parts[1])
			at := slices.IndexFunc(m.Tables[c.Table].Columns, func(col manifestColumn) bool { return col.Name == parts[1] })
			if strings.HasPrefix(m.Tables[c.Table].Columns[at].Type, "list<") {
				values = "unnest(" + values + ")"
			}
			lost := query(t, db, fmt.Sprintf("SELECT count(*) AS n FROM (SELECT %s AS v FROM %s) f ANTI JOIN %s t ON f.v = t.%s WHERE f.v IS NOT NULL",
				values, identifier(c.Table), identifier(to), identifier(parts[2]))).rows[0]
			if (lost == "[0]") != (c.Outcome == "passed") || c.Outcome == "skipped" {
				t.Errorf("%s: %s: %s, but %s have no row there", folder, c.Check, c.Outcome, lost)
			}
			seen[c.Outcome]++
			if lost != "[0]" {
				t.Logf("%s: %s: %s rows", c.Table, c.Check, lost)
			}
		}
	}
	t.Logf("references: %v", seen)
	if seen["passed"] < 50 {
		t.Errorf("only %v references", seen)
	}
}

// TestCatalogSpark declares the whole knowledge base by load.spark.sql and counts.
func TestCatalogSpark(t *testing.T) {
	python := sparkPython(t)
	dir := runAll(t)
	cases := []sparkCase{{Script: filepath.Join(dir, "load.spark.sql")}}
	all := folders(t, dir)
	for _, m := range all {
		for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
			cases = append(cases, sparkCase{Name: name, Query: "SELECT * FROM " + name, Count: true})
		}
	}
	got := sparkRead(t, python, cases)
	for _, m := range all {
		for name, table := range m.Tables {
			text, err := os.ReadFile(filepath.Join(got, name+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			var saw struct {
				Schema         [][2]string
				Rows, Comments int64
			}
			for line := range bytes.Lines(text) {
				if err := json.Unmarshal(line, &saw); err != nil {
					t.Fatal(err)
				}
			}
			var want [][2]string
			for _, c := range table.Columns {
				want = append(want, [2]string{c.Name, toSpark(duckTypeOf(c.Type))})
			}
			if !slices.Equal(saw.Schema, want) {
				t.Errorf("%s\n got %s\nwant %s", name, saw.Schema, want)
			}
			if saw.Rows != table.Rows || saw.Comments != int64(len(want)) {
				t.Errorf("%s: %d rows, %d comments; the manifest has %d rows, %d columns", name, saw.Rows, saw.Comments, table.Rows, len(want))
			}
		}
	}
}

// TestCatalogFormats loads the same tables from each format by the catalog's scripts, and
// compares every value: in partitions, compressed, with every text that is hard to write.
func TestCatalogFormats(t *testing.T) {
	python := sparkPython(t)
	var cases []sparkCase
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		dir := catalogIn(t, format)
		cases = append(cases, sparkCase{Script: filepath.Join(dir, "load.spark.sql")})
		db := loadedInto(t, loaded(t, dir), dir) // the second time replaces the tables of the first
		for _, j := range nastyJobs() {
			nodes := j.nodes(t)
			for _, w := range j.tables {
				want := expect(t, nodes, w)
				if format == "tsv" {
					want = flatten(want)
				}
				name := format + "." + w.table
				same(t, name, want, query(t, db, "SELECT * FROM "+identifier(w.table)), false)
				cases = append(cases, sparkCase{Name: name, Query: "SELECT * FROM " + w.table, want: want})
			}
		}
	}
	got := sparkRead(t, python, cases)
	for _, c := range cases {
		if c.want != nil {
			same(t, "Spark: "+c.Name, c.want, loadSpark(t, got, c), false)
		}
	}
}

// catalogIn publishes the nasty specs in one format into one folder.
func catalogIn(t *testing.T, format string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a folder")
	args := []string{"run", "--demo", "--demo-nodes", "evidenceItems=" + nastyFile(t), "--format", format, "--out", dir, "-q"}
	for _, j := range nastyJobs() {
		args = append(args, filepath.Join("specs", j.spec))
	}
	if got := civic(t, args...); got.code != 0 {
		t.Fatalf("exit status %d\n%s", got.code, got.stderr)
	}
	return dir
}
