package parquetio

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// ReadRows reads some columns of a Parquet file of any origin in batches. A batch is valid until each returns. Of
// each column it holds at most BatchRows rows, and at most batchBytes unless a single row is larger.
func ReadRows(ctx context.Context, r *file.Reader, columns []Column, each func(arrow.RecordBatch) error) (err error) {
	if len(columns) == 0 {
		return errors.New("there is no column to be read")
	}
	fields, readers := make([]arrow.Field, len(columns)), make([]*columnReader, 0, len(columns))
	defer func() {
		for _, c := range readers {
			if closeErr := c.close(); err == nil {
				err = closeErr
			}
		}
	}()
	for i, c := range columns {
		reader, err := newColumnReader(r, c)
		if err != nil {
			return err
		}
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type, Nullable: c.Nullable}
		readers = append(readers, reader)
	}
	schema := arrow.NewSchema(fields, nil)
	for {
		rows, err := fill(ctx, readers)
		if err != nil || rows == 0 {
			return err
		}
		if err := errors.Join(emit(schema, readers, rows, each), ctx.Err()); err != nil {
			return err
		}
	}
}

// fill has each column read rows if it holds none, and returns how many rows all columns hold.
func fill(ctx context.Context, all []*columnReader) (rows int, err error) {
	for i, c := range all {
		if err := c.fill(ctx); err != nil {
			return 0, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if i == 0 || c.left() < rows {
			rows = c.left()
		}
	}
	return rows, nil
}

func emit(schema *arrow.Schema, all []*columnReader, rows int, each func(arrow.RecordBatch) error) error {
	arrays := make([]arrow.Array, len(all))
	for i, c := range all {
		arrays[i] = array.NewSlice(c.held, int64(c.used), int64(c.used+rows))
		defer arrays[i].Release()
		c.used += rows
	}
	batch := array.NewRecordBatch(schema, arrays, int64(rows))
	defer batch.Release()
	return each(batch)
}

// columnReader reads one column of a file. It compares the rows of each chunk with
// the footer, so that columns stay aligned.
type columnReader struct {
	Column
	chunkReader
	file  *file.Reader
	group int // the next row group
	chunk file.ColumnChunkReader
	rows  int64 // of the chunk, so far

	builder array.Builder
	held    arrow.Array
	used    int // rows of held
}

func newColumnReader(r *file.Reader, c Column) (*columnReader, error) {
	if c.Type == nil {
		return nil, fmt.Errorf("column %s is %s, which no column of a published table is", c.Name, c.Text)
	}
	builder := array.NewBuilder(memory.DefaultAllocator, c.Type)
	elements := builder
	if list, ok := builder.(*array.ListBuilder); ok {
		elements = list.ValueBuilder()
	}
	chunks, err := newChunkReader(c, values.Builder{Builder: builder}, values.Builder{Builder: elements})
	return &columnReader{Column: c, chunkReader: chunks, file: r, builder: builder}, err
}

func (c *columnReader) left() int {
	if c.held == nil {
		return 0
	}
	return c.held.Len() - c.used
}

// fill reads the next rows if none are left; at the end of the file none are left.
func (c *columnReader) fill(ctx context.Context) error {
	for c.left() == 0 {
		if c.chunk == nil {
			if c.group == c.file.NumRowGroups() {
				return nil
			}
			if err := c.next(); err != nil {
				return err
			}
		}
		c.builder.Reserve(int(min(BatchRows, max(0, c.groupRows()-c.rows))))
		rows, err := c.read(ctx, readLimits{BatchRows, batchBytes, maxRowBytes})
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

// groupRows is the number of rows of the open row group, as the footer says.
func (c *columnReader) groupRows() int64 { return c.file.RowGroup(c.group - 1).NumRows() }

// next opens the column's chunk in the next row group.
func (c *columnReader) next() error {
	chunk, err := c.file.RowGroup(c.group).Column(c.leaf)
	if err != nil {
		return err
	}
	c.chunk, c.rows = chunk, 0
	c.group++
	return c.open(chunk)
}

// done closes the chunk after its last row.
func (c *columnReader) done() error {
	if want := c.groupRows(); c.rows != want {
		return fmt.Errorf("%d rows instead of the %d of row group %d", c.rows, want, c.group)
	}
	chunk := c.chunk
	c.chunk = nil
	return chunk.Close()
}

func (c *columnReader) release() {
	if c.held != nil {
		c.held.Release()
		c.held = nil
	}
}

func (c *columnReader) close() error {
	c.release()
	c.builder.Release()
	if c.chunk == nil {
		return nil
	}
	return c.chunk.Close()
}
