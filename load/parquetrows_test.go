package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestRowsOfForeignTypes: a column that no table of ours has is named with its type.
func TestRowsOfForeignTypes(t *testing.T) {
	text := foreignParquet(t)
	plain, columns, err := parquetio.Open(io.NewSectionReader(bytes.NewReader(text), 0, int64(len(text))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns[:len(columns)-1] { // the last one is an int64
		got = append(got, c.String())
		err := parquetio.ReadRows(context.Background(), plain, []parquetio.Column{c}, func(arrow.RecordBatch) error { return nil })
		if want := fmt.Sprintf("column %s is %s, which no column of a published table is", c.Name, c.Text); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	want := []string{"a struct<x: uint16, y: list<binary>>", "m map<string, float>", "d decimal(9, 2)", "ns timestamp[ns, UTC]"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestInspectRowsAlike: the rows of a file look like those of its folder.
func TestInspectRowsAlike(t *testing.T) {
	shape := everyKind()
	dir := filepath.Join(t.TempDir(), "out")
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "parquet", RowGroupRows: 37}}, FS: unsynced{}}, nasty(shape, 0, 100))
	folder, err := inspect.Read(context.Background(), dir, 90)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := inspect.Read(context.Background(), filepath.Join(dir, shape.Name+".parquet"), 90)
	if err != nil {
		t.Fatal(err)
	}
	want, got := folder.Samples[0].Rows, alone.Samples[0].Rows
	if len(want) != 90 || len(got) != 90 {
		t.Fatalf("%d and %d rows", len(want), len(got))
	}
	for i := range want {
		if !bytes.Equal(want[i], got[i]) {
			t.Fatalf("row %d:\n%s\n%s", i, want[i], got[i])
		}
	}
}
