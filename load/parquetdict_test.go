package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
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
		if !least.IsNull() && len(most.String()) <= boundBytes && (chunk.Type().Compare(least, index.MinValue(n)) != 0 || chunk.Type().Compare(most, index.MaxValue(n)) != 0) {
			t.Errorf("%s, page %d: bounds %v and %v, not %v and %v", what, n, index.MinValue(n), index.MaxValue(n), least, most)
		}
		parquet.Release(page)
	}
}

// TestDictionaryFinds: every value keeps its index while the table grows, and a
// reset forgets all of them.
func TestDictionaryFinds(t *testing.T) {
	d := newDictionaryType(schemas.String, 1000, 1).NewDictionary(0, 0, parquet.ByteArrayType.NewValues(nil, nil)).(*dictionary)
	for range 2 {
		for round := range 2 {
			for i := range 5000 {
				if got := d.find([]byte(fmt.Sprint(i))); got != int32(i) {
					t.Fatalf("round %d: value %d has the index %d", round, i, got)
				}
			}
		}
		if d.Len() != 5000 {
			t.Errorf("%d values", d.Len())
		}
		d.Reset()
	}
}

// TestDictionaryPays: a dictionary is given up at its first small page if nearly
// all values are distinct, and stays if they come from a pool that a row group
// draws from many times.
func TestDictionaryPays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const group = 122_880
	for _, c := range []struct {
		pool, n int
		want    bool
	}{{100, 2500, true}, {9_000, 2500, true}, {9_000, 256, true}, {20_000, 40_000, true}, {60_000, 2500, false}, {1 << 40, 256, false}, {1 << 40, 2500, false}, {40_000, 100_000, false}} {
		distinct := map[int]bool{}
		for range c.n {
			distinct[rng.IntN(c.pool)] = true
		}
		if got := newDictionaryType(schemas.String, group, 1).pays(len(distinct), c.n); got != c.want {
			t.Errorf("%d of %d values are distinct, from a pool of %d: a dictionary pays: %t", len(distinct), c.n, c.pool, got)
		}
	}
}
