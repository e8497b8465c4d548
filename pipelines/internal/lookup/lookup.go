// Package lookup holds the values that columns take by key from records of another connection. It takes batches with
// the columns key and value and gives lists of values, in the order of the rows. It never reads the API.
package lookup

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Values are the values by key.
type Values map[int64][]any

// Add adds the rows of a batch with the columns key and value. A row gives each of its keys its value once.
func (v Values) Add(batch arrow.RecordBatch) {
	for i := range int(batch.NumRows()) {
		value := batch.Column(1)
		if value.IsNull(i) {
			continue
		}
		keys := keysOf(batch.Column(0), i)
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			v[key] = append(v[key], valueOf(value, i))
		}
	}
}

// valueOf is a value as expressions see it.
func valueOf(a arrow.Array, row int) any {
	if numbers, ok := a.(*array.Int64); ok {
		return int(numbers.Value(row))
	}
	return a.GetOneForMarshal(row)
}

// keysOf returns the keys of a row: a number, or the numbers of a list, without nulls.
func keysOf(a arrow.Array, row int) (keys []int64) {
	from, to := int64(row), int64(row+1)
	if list, ok := a.(*array.List); ok {
		if list.IsNull(row) {
			return nil
		}
		from, to = list.ValueOffsets(row)
		a = list.ListValues()
	}
	numbers := a.(*array.Int64)
	for i := from; i < to; i++ {
		if numbers.IsValid(int(i)) {
			keys = append(keys, numbers.Value(int(i)))
		}
	}
	return keys
}
