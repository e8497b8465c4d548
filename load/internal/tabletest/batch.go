package tabletest

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Put appends a Go value to a builder: nil, a scalar of the column's type, or
// []any for a list.
func Put(b array.Builder, v any) {
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
			Put(b.ValueBuilder(), e)
		}
	default:
		panic(fmt.Sprintf("no builder for %T", v))
	}
}

// BatchOf makes a batch of one column.
func BatchOf(shape *schemas.Table, values ...any) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, shape.Arrow())
	defer b.Release()
	for _, v := range values {
		Put(b.Field(0), v)
	}
	return b.NewRecordBatch()
}

// TableOf makes a batch of rows.
func TableOf(shape *schemas.Table, rows [][]any) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, shape.Arrow())
	defer b.Release()
	for _, row := range rows {
		for i, v := range row {
			Put(b.Field(i), v)
		}
	}
	return b.NewRecordBatch()
}
