package readers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

const longTextsSpec = `version: 1
name: texts
extract: {from: evidenceItems, args: {status: ALL}}
columns: {id: id, text: description, words: therapies.name}
key: [id]
load: {to: out/texts, formats: {parquet: {row_group_rows: 3}}}
`

// TestLongTexts filters by texts that statistics cut off, and asks for the least and the greatest: row groups that hold
// a text must not be skipped, and a bound is not a value.
func TestLongTexts(t *testing.T) {
	var texts []string
	for _, c := range []string{"a", "é", "\ud7ff", "😀", "\U0010ffff", "z"} {
		for _, n := range []int{1, 15, 16, 17, 63, 64, 65, 200} {
			texts = append(texts, strings.Repeat(c, n), strings.Repeat(c, n)+"x", "a"+strings.Repeat(c, n))
		}
	}
	var lines strings.Builder
	for i, text := range texts {
		node := nastyNode(i+1, text)
		node["therapies"] = []any{object{"id": i, "name": text, "ncitId": nil, "deprecated": false, "therapyAliases": []any{}}}
		line, err := marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		lines.WriteString(line + "\n")
	}
	dir := t.TempDir()
	file, spec, out := filepath.Join(dir, "nodes.ndjson"), filepath.Join(dir, "texts.yaml"), filepath.Join(dir, "out")
	for path, text := range map[string]string{file: lines.String(), spec: longTextsSpec} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runSpec(t, spec, out, "--demo", "--demo-nodes", "evidenceItems="+file)
	path := filepath.Join(out, "texts.parquet")
	db := duckDB(t)
	for _, text := range texts {
		for _, condition := range []string{"text = %s", "text >= %s AND text <= %s", "list_contains(words, %s)"} {
			where := strings.ReplaceAll(condition, "%s", literal(text))
			if got := query(t, db, "SELECT count(DISTINCT text) FROM "+literal(path)+" WHERE "+where); got.rows[0] != "[1]" {
				t.Errorf("DuckDB, %s: %s", where, got.rows)
			}
		}
	}
	least, greatest := slices.Min(texts), slices.Max(texts)
	want, err := marshal([]any{least, greatest})
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT min(text), max(text) FROM "+literal(path)); got.rows[0] != want {
		t.Errorf("DuckDB: %s, not %s", got.rows, want)
	}
	cases := []sparkCase{
		{Code: "spark.conf.set('spark.sql.parquet.aggregatePushdown', 'true'); spark.read.parquet('" + path + "').createOrReplaceTempView('texts')"},
		{Name: "bounds", Query: "SELECT min(text) a, max(text) b FROM texts"},
	}
	for i, text := range texts {
		if i%7 == 0 { // each takes Spark half a second
			cases = append(cases, sparkCase{Name: fmt.Sprint("text-", i), Query: "SELECT count(DISTINCT text) n FROM texts WHERE text = " + literal(text)})
		}
	}
	got := sparkRead(t, sparkPython(t), cases)
	for i, c := range cases[1:] {
		wanted := "[1]"
		if i == 0 {
			wanted = want
		}
		if rows := loadSpark(t, got, c).rows; rows[0] != wanted {
			t.Errorf("Spark, %s: %s", c.Name, rows)
		}
	}
}
