package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// notUTF8 are batches with text that is not UTF-8. No pipeline makes them, since transform rejects such records.
func notUTF8(t *testing.T) map[string]struct {
	shape *schemas.Table
	batch arrow.RecordBatch
} {
	text, list := schemas.Type{Kind: schemas.String}, schemas.Type{Kind: schemas.String, List: true}
	table := func(typ schemas.Type) *schemas.Table {
		return &schemas.Table{Name: "t", Columns: []schemas.Column{
			{Name: "id", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "s", Type: typ},
		}}
	}
	parted := table(text)
	parted.PartitionBy = []string{"s"}
	all := map[string]struct {
		shape *schemas.Table
		batch arrow.RecordBatch
	}{}
	for name, c := range map[string]struct {
		shape *schemas.Table
		rows  []any
	}{
		"half a character":      {table(text), []any{"sound", "β-cateni\xce"}},
		"a character in halves": {table(text), []any{"\xce", "\xb2"}},
		"a surrogate":           {table(text), []any{"\xed\xa0\x80"}},
		"an element":            {table(list), []any{[]any{"sound"}, []any{"a", "\xff"}}},
		"a partition":           {parted, []any{"sound", "\xff"}},
	} {
		batch := rowsOf(c.shape, 0, c.rows)
		t.Cleanup(batch.Release)
		all[name] = struct {
			shape *schemas.Table
			batch arrow.RecordBatch
		}{c.shape, batch}
	}
	return all
}

// TestTextIsUTF8: text that is not UTF-8 is published in no format. Neither the writer takes it, nor the check before
// publication, which also serves verify.
func TestTextIsUTF8(t *testing.T) {
	for name, c := range notUTF8(t) {
		for _, f := range everyFormat() {
			if f.Name == "vcf" { // which needs other columns
				continue
			}
			dir := filepath.Join(t.TempDir(), "out")
			options := Options{Target: dir, Tables: []*schemas.Table{c.shape}, Formats: []format.Format{f}}
			for _, guarded := range []bool{true, false} {
				out, err := Create(options)
				if err != nil {
					t.Fatal(err)
				}
				if guarded {
					err = out.Write(context.Background(), 0, c.batch)
				} else {
					err = out.tables[0].write(context.Background(), c.batch)
				}
				if guarded != (err != nil) {
					t.Errorf("%s, %s, guarded %t: %v", name, f.Name, guarded, err)
				}
				if err == nil && name != "a partition" {
					_, err = out.Close(context.Background())
				}
				if !errors.Is(err, values.ErrNotUTF8) && (guarded || name != "a partition") {
					t.Errorf("%s, %s %s, guarded %t: %v", name, f.Name, f.Compression, guarded, err)
				}
				if out.Publish(&manifest.Manifest{RunID: "x"}) == nil {
					t.Errorf("%s, %s: published", name, f.Name)
				}
				out.Abort()
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("%s, %s: %v", name, f.Name, err)
			}
		}
	}
}
