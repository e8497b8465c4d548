package readers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// valuesSpec has doubles, most of them whole, and lists of them.
const valuesSpec = `version: 1
name: scores
extract: {from: evidenceItems, args: {status: ALL}}
columns:
  id: id
  score: molecularProfile.molecularProfileScore
  whole: {path: evidenceRating, type: double}
key: [id]
load: {to: out/scores, formats: {parquet: {}, ndjson: {}, tsv: {}}}
`

// TestDoubles lets readers infer the types of text: whole doubles are doubles, so that a fraction far down is not cut
// off.
func TestDoubles(t *testing.T) {
	scores := []string{"3.0", "84506", "-0.0", "1e21", "1e15", "-7", "2", "0.000001"}
	var nodes strings.Builder
	for i := range 30_000 { // more than a reader samples
		node := nastyNode(i+1, "x")
		node["evidenceRating"] = 4
		node["molecularProfile"].(object)["molecularProfileScore"] = 3.0
		text, err := marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		score := "2"
		switch {
		case i < len(scores):
			score = scores[i]
		case i == 29_999:
			score = "2.5"
		}
		nodes.WriteString(strings.Replace(text, `"molecularProfileScore":3`, `"molecularProfileScore":`+score, 1) + "\n")
	}
	dir := t.TempDir()
	file, spec, out := filepath.Join(dir, "nodes.ndjson"), filepath.Join(dir, "scores.yaml"), filepath.Join(dir, "out")
	for path, text := range map[string]string{file: nodes.String(), spec: valuesSpec} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runSpec(t, spec, out, "--demo", "--demo-nodes", "evidenceItems="+file)
	db := duckDB(t)
	var cases []sparkCase
	for _, c := range []struct{ format, duckdb, spark string }{
		{"ndjson", "read_json(%)", "spark.read.json(%)"},
		{"tsv", "read_csv(%)", "spark.read.csv(%, sep='\t', header=True, inferSchema=True)"},
	} {
		path := literal(filepath.Join(out, "scores."+c.format))
		got := query(t, db, "SELECT typeof(any_value(score)), typeof(any_value(whole)), sum(score) FILTER (score BETWEEN 1 AND 1e6), "+
			"sum(whole), count(*) FROM "+strings.Replace(c.duckdb, "%", path, 1))
		if len(got.rows) != 1 || got.rows[0] != `["DOUBLE","DOUBLE","144495.5","120000",30000]` {
			t.Errorf("DuckDB, %s: %s", c.format, got.rows)
		}
		exact := query(t, db, "SELECT count(*) FROM "+strings.Replace(c.duckdb, "%", path, 1)+
			" a JOIN "+literal(filepath.Join(out, "scores.parquet"))+" b USING (id) WHERE a.score = b.score AND a.whole = b.whole")
		if exact.rows[0] != "[30000]" {
			t.Errorf("DuckDB, %s: %s rows equal Parquet's", c.format, exact.rows)
		}
		cases = append(cases,
			sparkCase{Code: strings.Replace(c.spark, "%", path, 1) + ".createOrReplaceTempView('" + c.format + "')"},
			sparkCase{Name: c.format, Query: "SELECT typeof(any_value(score)) a, typeof(any_value(whole)) b, sum(whole) c, " +
				"count_if(score = 2.5) d, count_if(score = 1e21) e, count_if(score = 0) f FROM " + c.format})
	}
	for _, c := range []string{"ndjson", "tsv"} {
		text, err := os.ReadFile(filepath.Join(out, "scores."+c))
		if err != nil || strings.Contains(string(text), "-0") {
			t.Errorf("%s has a minus zero, %v", c, err)
		}
	}
	got := sparkRead(t, sparkPython(t), cases)
	for _, c := range cases {
		if c.Name == "" {
			continue
		}
		rows := loadSpark(t, got, c).rows
		if len(rows) != 1 || rows[0] != `["double","double","120000",1,1,1]` {
			t.Errorf("Spark, %s: %s", c.Name, rows)
		}
	}
}
