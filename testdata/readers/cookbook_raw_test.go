package readers

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rawConnections are what the queries on raw records read, with the arguments
// that ask for everything; the selections are cookbook/NAME.graphql.
var rawConnections = map[string]string{
	"evidenceItems":     "status: ALL",
	"assertions":        "status: ALL",
	"molecularProfiles": "evidenceStatusFilter: ALL",
	"variants":          "",
	"activities":        "includeAutomatedEvents: true",
	"flags":             "",
	"revisions":         "",
}

// rawRecords is a database with the API's own records, a table for each
// connection, a column for each field: fetched by the test's own paging, and
// never flattened.
func rawRecords(t *testing.T) *sql.DB {
	t.Helper()
	db := duckDB(t)
	for connection, args := range rawConnections {
		file := filepath.Join(t.TempDir(), connection+".ndjson")
		nodes := fetch(t, demoAPI(t), connection, args, filepath.Join("..", "cookbook", connection+".graphql"))
		writeLines(t, file, nodes)
		_, err := db.Exec("CREATE TABLE " + connection + " AS FROM read_json(" + literal(file) +
			", format = 'newline_delimited', sample_size = -1, map_inference_threshold = -1, maximum_object_size = 67108864)")
		if err != nil {
			t.Fatal(err)
		}
	}
	label, err := os.ReadFile(filepath.Join("cookbook", "label.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(label)); err != nil {
		t.Fatal(err)
	}
	return db
}

func writeLines(t *testing.T, file string, nodes []object) {
	t.Helper()
	var b strings.Builder
	for _, n := range nodes {
		text, err := marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(text + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// rawQuery is the query on raw records that gives a question's answer.
func rawQuery(t *testing.T, q question) string {
	t.Helper()
	number, _, _ := strings.Cut(q.title, ".")
	found, err := filepath.Glob(filepath.Join("cookbook", "q"+number+"_*.sql"))
	if err != nil || len(found) != 1 {
		t.Fatalf("question %s has the queries on raw records %q, want one", number, found)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimSpace(string(text)), ";")
}
