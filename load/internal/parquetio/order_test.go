package parquetio

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestOrder compares with a slow look at all pairs of rows, however they are cut into batches.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	shape := &schemas.Table{Columns: []schemas.Column{
		{Name: "a", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}}, {Name: "b", Type: schemas.Type{Kind: schemas.String}},
		{Name: "c", Type: schemas.Type{Kind: schemas.Date}}, {Name: "d", Type: schemas.Type{Kind: schemas.Float64}},
	}}
	for range 2000 {
		rows := make([][]any, rng.IntN(12))
		for i := range rows {
			rows[i] = []any{int64(rng.IntN(2) - 1), fmt.Sprint(rng.IntN(2)), arrow.Date32(rng.IntN(2)), float64(i)}
			if rng.IntN(60) == 0 {
				rows[i][0] = nil
			}
		}
		sorted := rng.IntN(4)
		slices.SortStableFunc(rows, func(a, b []any) int { return compareRows(a, b, sorted) })
		want := 3 // d is never part of an order
		for c := range 3 {
			if slices.ContainsFunc(rows, func(r []any) bool { return r[c] == nil }) ||
				!slices.IsSortedFunc(rows, func(a, b []any) int { return compareRows(a, b, c+1) }) {
				want = c
				break
			}
		}
		if len(rows) == 0 {
			want = 4
		}
		o := NewOrder([]int{0, 1, 2, 3})
		batch := tabletest.TableOf(shape, rows)
		for from := int64(0); from < batch.NumRows(); {
			to := min(batch.NumRows(), from+int64(rng.IntN(4)))
			if err := o.Add(batch.NewSlice(from, to)); err != nil {
				t.Fatal(err)
			}
			from = to
		}
		if got := len(o.Sorted()); got != want {
			t.Fatalf("%v: sorted by %d columns, not %d", rows, got, want)
		}
	}
}

func compareRows(a, b []any, columns int) int {
	order := 0
	for c := 0; c < columns && order == 0; c++ {
		switch x := a[c].(type) {
		case int64:
			if y, ok := b[c].(int64); ok {
				order = cmp.Compare(x, y)
			}
		case string:
			order = cmp.Compare(x, b[c].(string))
		case arrow.Date32:
			order = cmp.Compare(x, b[c].(arrow.Date32))
		}
	}
	return order
}
