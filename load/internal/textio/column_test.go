package textio

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// TestTextColumn asks for the values of slices of a column, in order, backwards and at random: each is its own, and plain
// if it holds none of what is looked for.
func TestTextColumn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		for range r.IntN(30) {
			switch r.IntN(6) {
			case 0:
				b.AppendNull()
			case 1:
				b.Append(strings.Repeat("x", r.IntN(40)) + `"` + strings.Repeat("y", r.IntN(3)))
			default:
				b.Append(strings.Repeat("z", r.IntN(40)))
			}
		}
		whole := b.NewStringArray()
		from := r.IntN(whole.Len() + 1)
		a := array.NewSlice(whole, int64(from), int64(from+r.IntN(whole.Len()-from+1))).(*array.String)
		c := newTextColumn(a, unescaped)
		for order := range 3 {
			for i := range a.Len() {
				row := []int{i, a.Len() - 1 - i, r.IntN(a.Len())}[order]
				if got := c.nulls.at(row); got != a.IsNull(row) {
					t.Fatalf("row %d: null %t", row, got)
				}
				value, clean := c.at(row)
				if a.IsValid(row) && (string(value) != a.Value(row) || clean == strings.Contains(a.Value(row), `"`)) {
					t.Fatalf("row %d: %q, %t instead of %q", row, value, clean, a.Value(row))
				}
				if got := values.Append(make([]byte, 3, 3+r.IntN(40)), value); string(got[3:]) != string(value) {
					t.Fatalf("row %d: %q appended as %q", row, value, got[3:])
				}
			}
		}
	}
}
