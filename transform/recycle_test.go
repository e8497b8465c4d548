package transform

import (
	"fmt"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform/internal/column"
)

func recycleColumns() []Column {
	return []Column{
		num("id", "id"), str("s", "s"), strs("l", "l[]"), col("b", "b", nullBool, schemas.Bool),
		{Name: "must", Keys: keys("s"), Type: schemas.Type{Kind: schemas.String}, Wire: schemas.String},
	}
}

func recycleRecord(id int) string {
	return fmt.Sprintf(`{"id":%d,"s":"s%d","l":["a%d",null,"b"],"b":%t}`, id, id, id, id%3 == 0)
}

func recycleRow(id int) string {
	return fmt.Sprintf(`[%d,"s%d",["a%d",null,"b"],%t,"s%d"]`, id, id, id, id%3 == 0, id)
}

// TestRecycled fills the same memory again and again.
func TestRecycled(t *testing.T) {
	d, s := decoder(t, Options{BatchRows: 1, Tables: []Table{{Columns: recycleColumns()}}}), &sink{}
	var want []string
	chunks := map[*column.Chunk]bool{}
	for id := range 50 {
		chunks[d.tables[0].chunk] = true
		if _, err := d.Decode(page(recycleRecord(id)), s.emit); err != nil {
			t.Fatal(err)
		}
		want = append(want, recycleRow(id))
	}
	if s.batches != 50 || len(chunks) > 2 {
		t.Errorf("%d batches, %d chunks: the memory was not used again", s.batches, len(chunks))
	}
	diff(t, s.table(0), want)
}

// TestHeldArrays keeps one array of each batch, or a slice of the batch, and releases the batch: the memory under
// what is held must not be filled again.
func TestHeldArrays(t *testing.T) {
	d := decoder(t, Options{BatchRows: 1, Tables: []Table{{Columns: recycleColumns()}}})
	width := len(recycleColumns())
	var arrays []arrow.Array
	var slices []arrow.RecordBatch
	hold := func(_ int, b arrow.RecordBatch) error {
		defer b.Release()
		if i := len(arrays) + len(slices); i%2 == 0 {
			a := b.Column(i / 2 % width)
			a.Retain()
			arrays = append(arrays, a)
			return nil
		}
		slices = append(slices, b.NewSlice(0, 1))
		return nil
	}
	for id := range 40 {
		if _, err := d.Decode(page(recycleRecord(id)), hold); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range arrays {
		want := []any{2 * i, fmt.Sprint("s", 2*i), []any{fmt.Sprint("a", 2*i), nil, "b"}, 2*i%3 == 0, fmt.Sprint("s", 2*i)}[i%width]
		if got := jsonText(arrowValue(a, 0)); got != jsonText(want) {
			t.Errorf("array %d holds %s, want %s", i, got, jsonText(want))
		}
		a.Release()
	}
	for i, b := range slices {
		if got := rowText(b, 0); got != recycleRow(2*i+1) {
			t.Errorf("slice %d holds %s", i, got)
		}
		b.Release()
	}
}

// TestReleasedElsewhere releases batches on another goroutine while the next pages are decoded,
// and after the decoder was closed; run with -race.
func TestReleasedElsewhere(t *testing.T) {
	d := decoder(t, Options{BatchRows: 1, Tables: []Table{{Columns: recycleColumns()}}})
	batches := make(chan arrow.RecordBatch, 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		next := 0
		for b := range batches {
			for row := range int(b.NumRows()) {
				if got := rowText(b, row); got != recycleRow(next) {
					t.Errorf("row %d is %s", next, got)
				}
				next++
			}
			b.Release()
		}
	})
	for id := 0; id < 400; id += 2 {
		_, err := d.Decode(page(recycleRecord(id), recycleRecord(id+1)), func(_ int, b arrow.RecordBatch) error {
			batches <- b
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.Close()
	close(batches)
	wg.Wait()
}
