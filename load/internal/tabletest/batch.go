package tabletest

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Append appends a Go value to a builder: nil, a scalar of the column's type, or []any for a list.
func Append(b array.Builder, v any) {
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.Int32Builder:
		b.Append(v.(int32))
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.TimestampBuilder:
		b.Append(v.(arrow.Timestamp))
	case *array.Date32Builder:
		b.Append(v.(arrow.Date32))
	case *array.ListBuilder:
		b.Append(true)
		for _, e := range v.([]any) {
			Append(b.ValueBuilder(), e)
		}
	default:
		panic(fmt.Sprintf("no builder for %T", v))
	}
}

// BatchOf makes a batch of one column.
func BatchOf(t *schemas.Table, values ...any) arrow.RecordBatch {
	return batch(memory.DefaultAllocator, t, 0, len(values), func(row, _ int) any { return values[row] })
}

// TableOf makes a batch of rows.
func TableOf(t *schemas.Table, rows [][]any) arrow.RecordBatch {
	return batch(memory.DefaultAllocator, t, 0, len(rows), func(row, column int) any { return rows[row][column] })
}

// batch makes rows [from, from+n) of a table.
func batch(mem memory.Allocator, t *schemas.Table, from, n int, value func(row, column int) any) arrow.RecordBatch {
	b := array.NewRecordBuilder(mem, t.Arrow())
	defer b.Release()
	for row := from; row < from+n; row++ {
		for column := range t.Columns {
			Append(b.Field(column), value(row, column))
		}
	}
	return b.NewRecordBatch()
}
