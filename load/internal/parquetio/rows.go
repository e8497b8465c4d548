package parquetio

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// EachRows reads some columns of a Parquet file, of which nothing need be true,
// a batch at a time. A batch is good until each returns. Of each column some rows
// are held: no more than readRows, nor than batchBytes, one row aside.
func EachRows(ctx context.Context, r *file.Reader, columns []StoredColumn, each func(arrow.RecordBatch) error) (err error) {
	if len(columns) == 0 {
		return errors.New("there is no column to be read")
	}
	fields, all := make([]arrow.Field, len(columns)), make([]*rowColumn, len(columns))
	defer func() {
		for _, c := range all {
			if wrong := c.close(); err == nil {
				err = wrong
			}
		}
	}()
	for i, c := range columns {
		if err := c.known(); err != nil {
			return err
		}
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type, Nullable: c.Nullable}
		all[i] = newRowColumn(r, c)
	}
	schema := arrow.NewSchema(fields, nil)
	for {
		rows, err := fill(ctx, all)
		if err != nil || rows == 0 {
			return err
		}
		if err := errors.Join(emitRows(schema, all, rows, each), ctx.Err()); err != nil {
			return err
		}
	}
}

// fill reads on where a column has no rows left, and says how many all of them have.
func fill(ctx context.Context, all []*rowColumn) (rows int, err error) {
	for i, c := range all {
		if err := c.fill(ctx); err != nil {
			return 0, fmt.Errorf("column %s: %w", c.stored.Name, err)
		}
		if i == 0 || c.left() < rows {
			rows = c.left()
		}
	}
	return rows, nil
}

func emitRows(schema *arrow.Schema, all []*rowColumn, rows int, each func(arrow.RecordBatch) error) error {
	arrays := make([]arrow.Array, len(all))
	for i, c := range all {
		arrays[i] = c.cut(rows)
		defer arrays[i].Release()
	}
	batch := array.NewRecordBatch(schema, arrays, int64(rows))
	defer batch.Release()
	return each(batch)
}

// rowColumn reads one column of a file. How many rows its chunks have is held
// against the footer, so that columns do not drift apart.
type rowColumn struct {
	stored StoredColumn
	file   *file.Reader
	group  int // the next row group
	chunk  file.ColumnChunkReader
	rows   int64 // of the chunk, so far

	start   func(file.ColumnChunkReader) error
	take    func(context.Context, portion) (rows int, err error)
	builder array.Builder
	held    arrow.Array
	used    int // rows of what is held
}

func newRowColumn(r *file.Reader, c StoredColumn) *rowColumn {
	col := &rowColumn{file: r, stored: c, builder: array.NewBuilder(memory.DefaultAllocator, c.Type)}
	leaf := col.builder
	if list, ok := leaf.(*array.ListBuilder); ok {
		leaf = list.ValueBuilder()
	}
	switch b := leaf.(type) {
	case *array.StringBuilder:
		receive(col, leaf, func(v parquet.ByteArray) int { b.BinaryBuilder.Append(v); return len(v) })
	case *array.Int32Builder:
		receive(col, leaf, func(v int32) int { b.Append(v); return 0 })
	case *array.Date32Builder:
		receive(col, leaf, func(v int32) int { b.Append(arrow.Date32(v)); return 0 })
	case *array.Int64Builder:
		receive(col, leaf, func(v int64) int { b.Append(v); return 4 })
	case *array.TimestampBuilder:
		receive(col, leaf, func(v int64) int { b.Append(arrow.Timestamp(v)); return 4 })
	case *array.Float64Builder:
		receive(col, leaf, func(v float64) int { b.Append(v); return 4 })
	case *array.BooleanBuilder:
		receive(col, leaf, func(v bool) int { b.Append(v); return 0 })
	}
	return col
}

// receive has a column's values come into its builder.
func receive[T any](c *rowColumn, leaf array.Builder, value func(T) int) {
	from := newCells[T](c.stored.levels)
	to := &receiver[T]{null: c.builder.AppendNull, value: value, missing: leaf.AppendNull, end: func(uint32) {}}
	if list, ok := c.builder.(*array.ListBuilder); ok {
		to.begin = func() { list.Append(true) }
	}
	c.start = from.start
	c.take = func(ctx context.Context, p portion) (int, error) { return from.take(ctx, p, to) }
}

func (c *rowColumn) left() int {
	if c.held == nil {
		return 0
	}
	return c.held.Len() - c.used
}

// fill reads the next rows if none are left; there may be no more.
func (c *rowColumn) fill(ctx context.Context) error {
	for c.left() == 0 {
		if c.chunk == nil {
			if c.group == c.file.NumRowGroups() {
				return nil
			}
			if err := c.next(); err != nil {
				return err
			}
		}
		c.builder.Reserve(int(min(ReadRows, max(0, c.file.RowGroup(c.group-1).NumRows()-c.rows))))
		rows, err := c.take(ctx, portion{ReadRows, batchBytes, maxRowBytes})
		if err != nil {
			return err
		}
		if c.rows += int64(rows); rows == 0 {
			if err := c.done(); err != nil {
				return err
			}
			continue
		}
		c.release()
		c.held, c.used = c.builder.NewArray(), 0
	}
	return nil
}

// next opens the column's chunk in the next row group.
func (c *rowColumn) next() (err error) {
	c.rows = 0
	if c.chunk, err = c.file.RowGroup(c.group).Column(c.stored.leaf); err != nil {
		c.chunk = nil
		return err
	}
	c.group++
	return c.start(c.chunk)
}

// done closes the chunk, all rows of which were taken.
func (c *rowColumn) done() error {
	if want := c.file.RowGroup(c.group - 1).NumRows(); c.rows != want {
		return fmt.Errorf("%d rows instead of the %d of row group %d", c.rows, want, c.group)
	}
	chunk := c.chunk
	c.chunk = nil
	return chunk.Close()
}

// cut takes rows off the front of what is held.
func (c *rowColumn) cut(rows int) arrow.Array {
	c.used += rows
	return array.NewSlice(c.held, int64(c.used-rows), int64(c.used))
}

func (c *rowColumn) release() {
	if c.held != nil {
		c.held.Release()
		c.held = nil
	}
}

func (c *rowColumn) close() error {
	if c == nil {
		return nil
	}
	c.release()
	c.builder.Release()
	if c.chunk == nil {
		return nil
	}
	return c.chunk.Close()
}
