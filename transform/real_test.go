package transform

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// realNodes are evidence items exactly as the API returned them.
func realNodes(t testing.TB) []string {
	t.Helper()
	name := filepath.Join("..", "..", "shared", "civic", "alk-evidence-graphql-2025-10.ndjson.gz")
	f, err := os.Open(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no real nodes here: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		nodes = append(nodes, lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return nodes
}

// everyPath notes the path of each value in v, lists marked, with the kind of its values.
func everyPath(v any, path string, found map[string]schemas.Kind) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			everyPath(member, strings.TrimPrefix(path+"."+name, "."), found)
		}
	case []any:
		for _, e := range v {
			everyPath(e, path+"[]", found)
		}
	case string:
		found[path] = schemas.String
	case bool:
		found[path] = schemas.Bool
	case float64:
		found[path] = schemas.Int64
	}
}

// TestRealNodes compares every value of every node with encoding/json's.
func TestRealNodes(t *testing.T) {
	nodes := realNodes(t)
	found := map[string]schemas.Kind{}
	for _, n := range nodes {
		var v any
		if err := json.Unmarshal([]byte(n), &v); err != nil {
			t.Fatal(err)
		}
		everyPath(v, "", found)
	}
	paths := make([]string, 0, len(found))
	for p := range found {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	tables := []Table{{Name: "evidence"}, {Name: "therapies", Rows: keys("therapies[]"), Outer: true}, {Name: "aliases", Rows: keys("disease.diseaseAliases[]")}}
	for i := range tables {
		for _, p := range paths {
			c := col(p, p, schemas.Type{Kind: found[p], Nullable: true, ElementNullable: true}, found[p])
			prefix := [...]string{"-", "therapies[]", "disease.diseaseAliases[]"}[i]
			c.Type.List = strings.Contains(strings.TrimPrefix(p, prefix), "[]")
			tables[i].Columns = append(tables[i].Columns, c)
		}
	}
	if len(nodes) != 146 || len(paths) < 20 {
		t.Fatalf("%d nodes with %d paths", len(nodes), len(paths))
	}
	if rows, rejects := compare(t, tables, page(nodes...)); rows < 3*146 || rejects != 0 {
		t.Errorf("%d rows, %d rejects", rows, rejects)
	}
	t.Log(fmt.Sprint(len(paths), " paths: ", paths))
}

func BenchmarkReal(b *testing.B) {
	body := page(realNodes(b)...)
	d, err := Compile(Options{Connection: "things", ID: keys("id"), Tables: []Table{{Columns: []Column{
		num("id", "id"), str("status", "status"), str("description", "description"), num("rating", "evidenceRating"), str("profile", "molecularProfile.name"),
		strs("variants", "molecularProfile.variants[].name"), strs("genes", "molecularProfile.variants[].feature.name"), strs("therapies", "therapies[].name"),
		str("disease", "disease.name"), str("doid", "disease.doid"), strs("aliases", "disease.diseaseAliases[]"), str("title", "source.title"), num("year", "source.publicationYear"),
	}}}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(body, released); err != nil {
			b.Fatal(err)
		}
	}
}
