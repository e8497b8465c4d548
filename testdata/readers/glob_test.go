package readers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestPatterns holds what the design says of patterns: DuckDB's look into hidden
// folders, so that a stage beside its target would be in reach of ** while its
// files have their final names; three folders deep, it is out of that of */*.
func TestPatterns(t *testing.T) {
	db := duckDB(t)
	parent := t.TempDir()
	for _, name := range []string{"out/t.parquet", ".out.civic-etl-0123456789abcdef/output/t.parquet", ".out.civic-etl-0123456789abcde0/output/t.parquet.part"} {
		path := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("COPY (SELECT 1 AS id) TO '" + path + "' (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]int{"out/*.parquet": 1, "*/*.parquet": 1, "*/t.parquet": 1, "out/**/*.parquet": 1, "**/*.parquet": 2} {
		got := query(t, db, fmt.Sprintf("SELECT file FROM glob('%s/%s')", parent, pattern))
		if len(got.rows) != want {
			t.Errorf("%s: %v, want %d", pattern, got.rows, want)
		}
	}
}
