package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestSameRows is the ground the bench stands on: what civic-etl makes of the
// recorded pages and what DuckDB makes of the same records are the same rows,
// none missing and none too many, in every format that DuckDB reads typed.
func TestSameRows(t *testing.T) {
	b, cleanUp, err := prepare(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer cleanUp()
	d, err := b.dataset("test", 2345)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := measure(b.binary, "run", b.spec, "--replay", d.answers, "--out", out, "--format", "parquet", "--progress", "none"); err != nil {
		t.Fatal(err)
	}
	written := "SELECT * FROM " + literal(filepath.Join(out, "evidence.parquet"))
	for name, from := range map[string]string{"records": fromRecords(d.records), "pages": fromPages(d.pages)} {
		flattened := query("parquet", from)
		for _, pair := range [][2]string{{written, flattened}, {flattened, written}} {
			if n := rows(t, fmt.Sprintf("(%s) EXCEPT ALL (%s)", pair[0], pair[1])); n != 0 {
				t.Errorf("%s: %d rows of\n%s\nare not in\n%s", name, n, pair[0], pair[1])
			}
		}
	}
	if n := rows(t, written); n != int64(d.count) {
		t.Errorf("%d rows, want %d", n, d.count)
	}
}

func rows(t *testing.T, statement string) int64 {
	t.Helper()
	db, err := openDuck()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var n int64
	if err := db.QueryRow("SELECT count(*) FROM (" + statement + ")").Scan(&n); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// TestDuckWritesAllFormats keeps the other side of the comparison honest: each
// of its jobs runs and writes every record.
func TestDuckWritesAllFormats(t *testing.T) {
	d, err := generate(t.TempDir(), 321, 1)
	if err != nil {
		t.Fatal(err)
	}
	for format, reader := range map[string]string{"parquet": "read_parquet", "ndjson": "read_json", "tsv": "read_csv"} {
		for name, from := range map[string]string{"records": fromRecords(d.records), "pages": fromPages(d.pages)} {
			out := filepath.Join(t.TempDir(), "out."+format)
			if err := duck(format, from, out); err != nil {
				t.Fatalf("%s from %s: %v", format, name, err)
			}
			if n := rows(t, fmt.Sprintf("SELECT * FROM %s(%s)", reader, literal(out))); n != 321 {
				t.Errorf("%s from %s: %d rows", format, name, n)
			}
		}
	}
	info, err := os.Stat(d.records)
	if err != nil {
		t.Fatal(err)
	}
	if perRecord := info.Size() / 321; perRecord < 1200 || perRecord > 1900 {
		t.Errorf("%d bytes a record; CIViC's are about 1,500", perRecord)
	}
}

// TestServerCounts: civic-etl takes what the server counts for proof that the
// records are complete, in a request or two beside the pages.
func TestServerCounts(t *testing.T) {
	b, cleanUp, err := prepare(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer cleanUp()
	d, err := b.dataset("test", 1234)
	if err != nil {
		t.Fatal(err)
	}
	_, arrivals, err := b.ask(&server{data: d}, free...)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(arrivals); n < 14 || n > 15 {
		t.Errorf("%d requests for 13 pages", n)
	}
}

// TestLiveContestants keeps the live comparison honest: civic-etl and the Python script
// read every record from the server.
func TestLiveContestants(t *testing.T) {
	b, cleanUp, err := prepare(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer cleanUp()
	d, err := b.dataset("test", 432)
	if err != nil {
		t.Fatal(err)
	}
	url, stop := serve(&server{data: d})
	defer stop()
	for _, c := range []contestant{asks("civic-etl", b.binary, b.spec, "ndjson", url), pages(url)} {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := c.run(out); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if n := rows(t, "SELECT DISTINCT id FROM read_json("+literal(c.file(out))+")"); n != int64(d.count) {
			t.Errorf("%s: %d records, want %d", c.name, n, d.count)
		}
	}
}
