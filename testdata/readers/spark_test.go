package readers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sparkCase is one table for Spark to read, or a query over Parquet files, as
// spark_dump.py takes it.
type sparkCase struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`
	Format  string `json:"format,omitempty"`
	Columns string `json:"columns,omitempty"` // a DDL schema; Parquet has its own
	Query   string `json:"query,omitempty"`
	Count   bool   `json:"count,omitempty"`  // no rows but their number
	Script  string `json:"script,omitempty"` // declares tables for the queries after it
	Code    string `json:"code,omitempty"`   // Python that does

	want *relation
}

// TestSpark reads every table of every job with Spark, from Parquet and from
// NDJSON, and compares rows, values and types with the oracle's. In the same
// session it answers the cookbook's questions as DuckDB does.
func TestSpark(t *testing.T) {
	python := sparkPython(t)
	var cases []sparkCase
	for _, j := range jobs() {
		t.Run("publish/"+j.spec, func(t *testing.T) {
			out := j.output(t)
			nodes := j.nodes(t)
			for _, w := range j.tables {
				want := expect(t, nodes, w).textual(w.parted)
				name := fmt.Sprintf("%s.%s", strings.TrimSuffix(j.spec, ".yaml"), w.table)
				parquet, _ := tablePath(t, out, w.table, "parquet")
				ndjson, ending := tablePath(t, out, w.table, "ndjson")
				cases = append(cases, sparkCase{Name: name + ".parquet", Path: parquet, Format: "parquet", want: want})
				if ending == "ndjson.zst" {
					continue // Spark's JSON reader needs Hadoop's native library for zstd
				}
				cases = append(cases, sparkCase{Name: name + ".ndjson", Path: ndjson, Format: "json",
					Columns: sparkSchema(w), want: want})
			}
		})
	}
	t.Run("publish/cookbook", func(t *testing.T) { cases = append(cases, cookbookCases(t)...) })
	got := sparkRead(t, python, cases)
	for _, c := range cases {
		if c.want != nil {
			t.Run(c.Name, func(t *testing.T) { same(t, c.Name, c.want, loadSpark(t, got, c), c.Query != "") })
		}
	}
}

// sparkPython is the Python that `setup` made, if Java is there to run Spark.
func sparkPython(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("java"); err != nil && os.Getenv("JAVA_HOME") == "" {
		absent(t, "no java, so no Spark: apt-get install openjdk-17-jre-headless")
	}
	python := filepath.Join(".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		absent(t, "no PySpark: run testdata/readers/setup")
	}
	return python
}

// sparkRead lets one Spark process read all cases and gives the folder of its
// answers.
func sparkRead(t *testing.T, python string, cases []sparkCase) string {
	t.Helper()
	dir := t.TempDir()
	text, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "cases.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "spark_dump.py", list, dir)
	cmd.Env = append(os.Environ(), "SPARK_LOCAL_IP=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("spark: %v\n%s", err, withoutFrames(out))
	}
	return dir
}

// withoutFrames leaves the Java stack frames out of Spark's complaint.
func withoutFrames(out []byte) string {
	var kept []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "at ") {
			kept = append(kept, line)
		}
	}
	return fmt.Sprintf("%.6000s", strings.Join(kept, ""))
}

func loadSpark(t *testing.T, dir string, c sparkCase) *relation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, c.Name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 64<<20)
	lines.Scan()
	var head struct{ Schema [][2]string }
	if err := decode(lines.Bytes(), &head); err != nil {
		t.Fatal(err)
	}
	out := &relation{}
	for _, c := range head.Schema {
		out.columns = append(out.columns, column{c[0], fromSpark(c[1])})
	}
	for lines.Scan() {
		var row []any
		if err := decode(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if err := out.add(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

var sparkTypes = [][2]string{
	{"bigint", "BIGINT"},
	{"int", "INTEGER"},
	{"double", "DOUBLE"},
	{"boolean", "BOOLEAN"},
	{"string", "VARCHAR"},
	{"timestamp", "TIMESTAMP WITH TIME ZONE"},
	{"date", "DATE"},
}

// fromSpark gives DuckDB's name of a Spark type; one that is not expected at
// all stays as it is, for the comparison to show.
func fromSpark(typ string) string {
	if inner, ok := strings.CutPrefix(typ, "array<"); ok {
		return fromSpark(strings.TrimSuffix(inner, ">")) + "[]"
	}
	for _, pair := range sparkTypes {
		if pair[0] == typ {
			return pair[1]
		}
	}
	return typ
}

func toSpark(typ string) string {
	if inner, ok := strings.CutSuffix(typ, "[]"); ok {
		return "array<" + toSpark(inner) + ">"
	}
	for _, pair := range sparkTypes {
		if pair[1] == typ {
			return pair[0]
		}
	}
	panic("no Spark type for " + typ)
}

// sparkSchema is the schema of a table's files as Spark's DDL.
func sparkSchema(w wanted) string {
	var parts []string
	for _, c := range w.stored() {
		parts = append(parts, "`"+c.name+"` "+toSpark(c.typ))
	}
	return strings.Join(parts, ", ")
}
