package parquetio

import (
	"cmp"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Order finds out by how many of some columns the rows of a file are sorted, ascending. A null, or a column of doubles
// or lists, ends the order: readers disagree where nulls and zeros belong.
type Order struct {
	columns []int
	sorted  int           // columns, of the first ones
	last    []arrow.Array // a value of each column: of the last row
}

// NewOrder watches columns, given by their indexes.
func NewOrder(columns []int) *Order { return &Order{columns: columns, sorted: len(columns)} }

// Sorted lists the columns that the rows are sorted by.
func (o *Order) Sorted() []int { return o.columns[:o.sorted] }

// Add adds the next rows, which it does not keep.
func (o *Order) Add(batch arrow.RecordBatch) error {
	n := int(batch.NumRows())
	if o.sorted == 0 || n == 0 {
		return nil
	}
	within, across := make([]func(i, j int) int, o.sorted), make([]func(i, j int) int, o.sorted)
	for c := range o.sorted {
		a := batch.Column(o.columns[c])
		within[c] = comparer(a, a)
		if within[c] == nil || a.NullN() > 0 {
			o.sorted = c
			break
		}
		if o.last != nil {
			across[c] = comparer(o.last[c], a)
		}
	}
	if o.last != nil {
		o.compare(across, 0, 0)
	}
	for i := 1; i < n && o.sorted > 0; i++ {
		o.compare(within, i-1, i)
	}
	return o.keep(batch)
}

// compare compares two rows, and drops the columns from the first by which the second comes before the first.
func (o *Order) compare(columns []func(i, j int) int, i, j int) {
	for c := range o.sorted {
		order := columns[c](i, j)
		if order > 0 {
			o.sorted = c
		}
		if order != 0 {
			return
		}
	}
}

// keep copies the last row of a batch.
func (o *Order) keep(batch arrow.RecordBatch) error {
	o.last = make([]arrow.Array, o.sorted)
	for c := range o.sorted {
		row := array.NewSlice(batch.Column(o.columns[c]), batch.NumRows()-1, batch.NumRows())
		var err error
		o.last[c], err = array.Concatenate([]arrow.Array{row}, memory.DefaultAllocator)
		row.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// comparer compares a value of one array with a value of another of the same type. It is nil if there is no order
// that all readers share.
func comparer(a, b arrow.Array) func(i, j int) int {
	switch a := a.(type) {
	case *array.Int64:
		b := b.(*array.Int64)
		return func(i, j int) int { return cmp.Compare(a.Value(i), b.Value(j)) }
	case *array.Int32:
		b := b.(*array.Int32)
		return func(i, j int) int { return cmp.Compare(a.Value(i), b.Value(j)) }
	case *array.Date32:
		b := b.(*array.Date32)
		return func(i, j int) int { return cmp.Compare(a.Value(i), b.Value(j)) }
	case *array.Timestamp:
		b := b.(*array.Timestamp)
		return func(i, j int) int { return cmp.Compare(a.Value(i), b.Value(j)) }
	case *array.String:
		b := b.(*array.String)
		return func(i, j int) int { return strings.Compare(a.Value(i), b.Value(j)) }
	}
	return nil
}
