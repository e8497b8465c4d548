package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// everyFormat lists each format with each compression.
func everyFormat() []format.Format {
	var all []format.Format
	for _, name := range format.Names() {
		for _, c := range format.Compressions(name) {
			all = append(all, format.Format{Name: name, Compression: c})
		}
	}
	return append(all, format.Format{Name: "tsv", Null: "NA"}, format.Format{Name: "tsv", Squish: true}, format.Format{Name: "tsv", Empty: format.Bare},
		format.Format{Name: "parquet", RowGroupRows: 37})
}

// shapeFor is a table with each kind of column that the format can hold.
func shapeFor(f format.Format) *schemas.Table {
	if f.Name == "vcf" {
		return tabletest.EveryPlace()
	}
	return everyKind()
}

// publish writes batches of one table and publishes them.
func publishTo(t testing.TB, o Options, batches ...arrow.RecordBatch) []manifest.Table {
	t.Helper()
	out, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	for _, b := range batches {
		if err := out.Write(context.Background(), 0, b); err != nil {
			t.Fatal(err)
		}
	}
	results, err := out.Close(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Publish(soundManifest()); err != nil {
		t.Fatal(err)
	}
	return results
}

// soundManifest is the manifest of a run that verify finds nothing wrong with.
func soundManifest() *manifest.Manifest {
	sum := strings.Repeat("0a", 32)
	return &manifest.Manifest{
		RunID: "test", Status: "complete", ToolVersion: "dev",
		StartedAt: time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC), FinishedAt: time.Date(2026, 11, 29, 1, 0, 1, 0, time.UTC),
		Spec: manifest.Spec{Name: "test", SHA256: sum},
		Source: manifest.Source{Endpoint: "http://localhost/graphql", Connection: "evidenceItems", QuerySHA256: sum,
			Paging: "ids", Args: map[string]any{"status": "ACCEPTED"}},
		Extract: manifest.Extract{Requests: 3, Bytes: 9, TotalCount: 4, Records: 5, Unique: 4, Duplicates: 1, Complete: true,
			TotalBefore: 4, TotalAfter: 4, Proof: "ids"},
	}
}

// TestContract holds every writer to the same promises. That the files hold
// what was written is checked by Close itself, with other decoders.
func TestContract(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, f := range everyFormat() {
		shape := shapeFor(f)
		t.Run(fmt.Sprintf("%s %s null=%s squish=%v rows=%d", f.Name, f.Compression, f.Null, f.Squish, f.RowGroupRows), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			options := Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{f}, Metadata: map[string]string{"civic-etl.spec": "name: x", "civic-etl.version": "1"}}
			results := publishTo(t, options, nasty(shape, 0, 100), nasty(shape, 100, 1), nasty(shape, 101, 0), nasty(shape, 101, 99))
			if results[0].Rows != 200 || len(results[0].Files) != 1 || results[0].Files[0].Rows != 200 {
				t.Fatalf("results: %+v", results)
			}
			name := filepath.Join(dir, "every_kind"+f.Extension())
			first, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}

			// The same rows in other batches give the same bytes.
			publishTo(t, options, nasty(shape, 0, 3), nasty(shape, 3, 150), nasty(shape, 153, 47))
			second, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Errorf("files differ with the size of batches: %d and %d bytes", len(first), len(second))
			}

			// A table without rows is a valid file.
			if r := publishTo(t, options); r[0].Files[0].Rows != 0 {
				t.Errorf("empty table: %+v", r)
			}
			if info, err := os.Stat(name); err != nil || info.Size() == 0 && f.Name != "ndjson" {
				t.Errorf("empty table: %v %v", info, err)
			}
		})
	}
}

// TestContractFailures holds every writer to passing on what its file says.
func TestContractFailures(t *testing.T) {
	for _, f := range everyFormat() {
		shape := shapeFor(f)
		batch := nasty(shape, 0, 50)
		defer batch.Release()
		var whole bytes.Buffer
		writeTo(t, &whole, f, shape, batch)
		for limit := 0; limit < whole.Len(); limit += 1 + whole.Len()/oneIn(5, 50) {
			e, err := newEncoder(&limited{n: limit}, f, shape, nil)
			if err == nil {
				err = e.Write(context.Background(), batch)
			}
			if err == nil {
				err = e.Close(context.Background())
			}
			if err == nil {
				t.Errorf("%s %s: no error though only %d of %d bytes were taken", f.Name, f.Compression, limit, whole.Len())
			}
		}
	}
}

func writeTo(t *testing.T, w io.Writer, f format.Format, shape *schemas.Table, batches ...arrow.RecordBatch) {
	t.Helper()
	e, err := newEncoder(w, f, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := e.Write(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// limited takes n bytes and no more.
type limited struct{ n int }

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.n {
		return l.n, io.ErrShortWrite
	}
	l.n -= len(p)
	return len(p), nil
}
