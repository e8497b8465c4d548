package column

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestTruncate appends random rows, goes back to random lengths, and compares with a slice.
func TestTruncate(t *testing.T) {
	types := []schemas.Type{
		{Kind: schemas.String, Nullable: true}, {Kind: schemas.Bool, Nullable: true}, {Kind: schemas.Int32}, {Kind: schemas.Float64, Nullable: true},
		{Kind: schemas.Int64, List: true, Nullable: true, ElementNullable: true}, {Kind: schemas.String, List: true},
	}
	for _, typ := range types {
		t.Run(fmt.Sprint(typ, typ.Nullable), func(t *testing.T) {
			checked := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer checked.AssertSize(t, 0)
			c := New(typ, checked)
			defer c.Free()
			r := rand.New(rand.NewPCG(1, uint64(typ.Kind)))
			var want []any
			for range 2000 {
				if r.IntN(10) == 0 {
					n := r.IntN(len(want) + 1)
					c.Truncate(n)
					want = want[:n]
				}
				row := randomRow(r, typ)
				if err := c.AppendValue(row); err != nil {
					t.Fatal(err)
				}
				want = append(want, row)
			}
			for i, row := range want {
				if got := c.Value(i); fmt.Sprint(got) != fmt.Sprint(row) {
					t.Fatalf("row %d of %d is %v, want %v", i, c.Len(), got, row)
				}
			}
		})
	}
}

func randomRow(r *rand.Rand, t schemas.Type) any {
	switch {
	case t.Nullable && r.IntN(4) == 0:
		return nil
	case t.List:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomRow(r, schemas.Type{Kind: t.Kind, Nullable: t.ElementNullable})
		}
		return list
	case t.Kind == schemas.String:
		return "abcdefghij"[r.IntN(10):]
	case t.Kind == schemas.Bool:
		return r.IntN(2) == 0
	case t.Kind == schemas.Float64:
		return r.Float64()
	}
	return r.IntN(1000)
}

// TestDistinct keeps the first of equal elements.
func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 5, 16, 17, 100} {
		c := New(schemas.Type{Kind: schemas.Int64, List: true, ElementNullable: true}, memory.DefaultAllocator)
		var want []any
		for i := range n {
			if i%7 == 3 {
				c.Elements.AppendNull()
			} else {
				c.Elements.Append64(uint64(i % 5))
			}
			element := any(i % 5)
			if i%7 == 3 {
				element = nil
			}
			if !slices.Contains(want, element) {
				want = append(want, element)
			}
		}
		c.Distinct()
		c.EndList()
		if got := c.Value(0); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d elements: %v, want %v", n, got, want)
		}
	}
}

// TestMinusZero: readers disagree whether minus zero equals zero, so columns do not hold it.
func TestMinusZero(t *testing.T) {
	c := New(schemas.Type{Kind: schemas.Float64}, memory.NewGoAllocator())
	defer c.Free()
	c.AppendFloat(math.Copysign(0, -1))
	if err := c.AppendValue(math.Copysign(0, -1)); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if bits := c.data.at64(i); bits != 0 {
			t.Errorf("value %d: bits %x", i, bits)
		}
	}
}
