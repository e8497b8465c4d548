package load

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
)

// TestPageBounds: the bounds in the page index are those of the values in the
// page, whether they are in a dictionary or not.
func TestPageBounds(t *testing.T) {
	shape := everyKind()
	data := parquetFile(t, format.Format{RowGroupRows: 700}, nil, shape, nasty(shape, 0, 1000), nasty(shape, 1000, 1000))
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for g, group := range f.RowGroups() {
		for i, chunk := range group.ColumnChunks() {
			index, err := chunk.ColumnIndex()
			if err != nil {
				t.Fatal(err)
			}
			pages += boundsOf(t, fmt.Sprintf("row group %d, column %d", g, i), chunk, index)
		}
	}
	if pages < 3*len(shape.Columns) {
		t.Errorf("only %d pages", pages)
	}
}

func boundsOf(t *testing.T, what string, chunk parquet.ColumnChunk, index parquet.ColumnIndex) int {
	t.Helper()
	pages := chunk.Pages()
	defer pages.Close()
	for n := 0; ; n++ {
		page, err := pages.ReadPage()
		if err != nil {
			return n
		}
		values := make([]parquet.Value, page.NumValues())
		page.Values().ReadValues(values)
		var least, most parquet.Value
		for _, v := range values {
			switch {
			case v.IsNull():
			case least.IsNull():
				least, most = v, v
			case chunk.Type().Compare(v, least) < 0:
				least = v
			case chunk.Type().Compare(v, most) > 0:
				most = v
			}
		}
		if least.IsNull() != index.NullPage(n) {
			t.Errorf("%s, page %d: all null is %v", what, n, index.NullPage(n))
		}
		if !least.IsNull() && len(most.String()) <= parquetio.BoundSize && (chunk.Type().Compare(least, index.MinValue(n)) != 0 || chunk.Type().Compare(most, index.MaxValue(n)) != 0) {
			t.Errorf("%s, page %d: bounds %v and %v, not %v and %v", what, n, index.MinValue(n), index.MaxValue(n), least, most)
		}
		parquet.Release(page)
	}
}
