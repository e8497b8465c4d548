package load

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/internal/textio"
)

// partition is a folder below the table, and its rows of the current batch.
type partition struct {
	path   string
	values map[string]*string
	rows   []int32
}

// split groups the rows of a batch by partition, in order of appearance. The partitions' rows are valid until the next
// call.
func (t *table) split(batch arrow.RecordBatch) ([]*partition, error) {
	texts := make([]textio.Cell, len(t.by))
	for i, c := range t.by {
		var err error
		if texts[i], err = hive.Text(t.shape.Columns[c], batch.Column(c)); err != nil {
			return nil, err
		}
	}
	var found []*partition
	var key []byte
	values := make([][]byte, len(t.by)) // nil: null
	for row := range int(batch.NumRows()) {
		key = key[:0]
		for i, c := range t.by {
			if batch.Column(c).IsNull(row) {
				values[i], key = nil, binary.AppendUvarint(key, 0)
				continue
			}
			text, err := texts[i](values[i][:0], row)
			if err != nil {
				return nil, fmt.Errorf("partition column %s: %w", t.shape.Columns[c].Name, err)
			}
			values[i], key = text, append(binary.AppendUvarint(key, uint64(len(text))+1), text...)
		}
		p := t.byKey[string(key)]
		if p == nil {
			var err error
			if p, err = t.addPartition(string(key), values); err != nil {
				return nil, err
			}
		}
		if len(p.rows) == 0 {
			found = append(found, p)
		}
		p.rows = append(p.rows, int32(row))
	}
	return found, nil
}

// addPartition finds the partition of new values. Null and the empty string share one.
func (t *table) addPartition(key string, values [][]byte) (*partition, error) {
	texts := make([]*string, len(values))
	for i, v := range values {
		if text := string(v); text != "" {
			texts[i] = &text
		}
	}
	folder, err := hive.Path(t.shape.PartitionBy, texts)
	if err != nil {
		return nil, err
	}
	p := t.byPath[folder]
	if p == nil {
		p = &partition{path: folder, values: map[string]*string{}}
		for i, c := range t.shape.PartitionBy {
			p.values[c] = texts[i]
		}
		t.byPath[folder] = p
	}
	t.byKey[key] = p
	return p, nil
}

// take returns the listed rows and columns of a batch. The caller releases the result.
func take(batch arrow.RecordBatch, schema *arrow.Schema, columns []int, rows []int32) (arrow.RecordBatch, error) {
	return newBatch(schema, int64(len(rows)), func(i int) (arrow.Array, error) {
		return takeRows(batch.Column(columns[i]), rows)
	})
}

func takeRows(a arrow.Array, rows []int32) (arrow.Array, error) {
	if n := len(rows); n > 0 && int(rows[n-1]-rows[0]) == n-1 { // consecutive
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

// appender returns the function that appends the i-th value of a to b.
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
		return nil, fmt.Errorf("a column cannot hold %s", a.DataType())
	}
}
