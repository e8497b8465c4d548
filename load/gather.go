package load

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// take gives the rows of a batch, in the order listed, with the columns listed
// and the schema that goes with them. The caller releases the result.
func take(batch arrow.RecordBatch, schema *arrow.Schema, columns []int, rows []int32) (arrow.RecordBatch, error) {
	out := make([]arrow.Array, len(columns))
	defer func() {
		for _, a := range out {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i, c := range columns {
		var err error
		if out[i], err = gather(batch.Column(c), rows); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(schema, out, int64(len(rows))), nil
}

func gather(a arrow.Array, rows []int32) (arrow.Array, error) {
	if n := len(rows); n > 0 && int(rows[n-1]-rows[0]) == n-1 { // in order: a slice will do
		return array.NewSlice(a, int64(rows[0]), int64(rows[0])+int64(n)), nil
	}
	b := array.NewBuilder(memory.DefaultAllocator, a.DataType())
	defer b.Release()
	b.Reserve(len(rows))
	appendOne, err := appender(b, a)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		appendOne(int(row))
	}
	return b.NewArray(), nil
}

// appender gives the function that appends the i-th value of a to b.
func appender(b array.Builder, a arrow.Array) (func(i int), error) {
	value, err := valueAppender(b, a)
	if err != nil || a.NullN() == 0 {
		return value, err
	}
	return func(i int) {
		if a.IsNull(i) {
			b.AppendNull()
		} else {
			value(i)
		}
	}, nil
}

func valueAppender(b array.Builder, a arrow.Array) (func(i int), error) {
	switch a := a.(type) {
	case *array.String:
		b := b.(*array.StringBuilder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Int32:
		b := b.(*array.Int32Builder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Int64:
		b := b.(*array.Int64Builder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Float64:
		b := b.(*array.Float64Builder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Boolean:
		b := b.(*array.BooleanBuilder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Timestamp:
		b := b.(*array.TimestampBuilder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.Date32:
		b := b.(*array.Date32Builder)
		return func(i int) { b.Append(a.Value(i)) }, nil
	case *array.List:
		b := b.(*array.ListBuilder)
		element, err := appender(b.ValueBuilder(), a.ListValues())
		return func(i int) {
			b.Append(true)
			for j, end := a.ValueOffsets(i); j < end; j++ {
				element(int(j))
			}
		}, err
	default:
		return nil, fmt.Errorf("no column may hold %s", a.DataType())
	}
}
