package published

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// Table reads the rows of one table as canonical text.
type Table struct {
	Manifest manifest.Table
	Format   string // the best one of the folder
	folder   *Folder
	files    []manifest.File
}

// Column is a column to read, and the form of its values.
type Column struct {
	Name string
	Form Form
}

// Table returns the reader of a table. It fails if a column has an unknown type.
func (p *Folder) Table(t manifest.Table) (*Table, error) {
	if _, err := t.ColumnsOf(manifest.File{}); err != nil {
		return nil, err
	}
	format, files := t.Best()
	return &Table{Manifest: t, Format: format, folder: p, files: files}, nil
}

// RowBatch is some rows of a table, starting with row First.
type RowBatch struct {
	First int64
	Rows  int
	Cells []textio.Cell // one per column
}

var errStop = errors.New("the caller stopped")

// Batches reads some columns of the table in the order of its files. A batch is valid until the next one.
func (t *Table) Batches(ctx context.Context, columns []Column) iter.Seq2[RowBatch, error] {
	return func(yield func(RowBatch, error) bool) {
		first := int64(0)
		for _, f := range t.files {
			before := first
			err := t.eachBatch(ctx, f, columns, func(b RowBatch) error {
				b.First = first
				first += int64(b.Rows)
				if !yield(b, nil) {
					return errStop
				}
				return nil
			})
			if err == nil && first-before != f.Rows {
				err = fmt.Errorf("%d rows instead of %d", first-before, f.Rows)
			}
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				yield(RowBatch{}, fmt.Errorf("read %s of %s: %w; civic-etl verify says more", f.Path, t.folder.Path, err))
				return
			}
		}
	}
}

func (t *Table) eachBatch(ctx context.Context, f manifest.File, columns []Column, each func(RowBatch) error) error {
	stored, err := t.Manifest.ColumnsOf(f)
	if err != nil {
		return err
	}
	inPath, err := t.partitionCells(f, columns)
	if err != nil {
		return err
	}
	decoded := func(batch arrow.RecordBatch) error {
		b := RowBatch{Rows: int(batch.NumRows())}
		for i, column := range columns {
			cell := inPath[i]
			if cell == nil {
				index := batch.Schema().FieldIndices(column.Name)
				if len(index) != 1 {
					return fmt.Errorf("no column %q", column.Name)
				}
				if cell, err = Canonical(batch.Column(index[0]), column.Form); err != nil {
					return err
				}
			}
			b.Cells = append(b.Cells, cell)
		}
		return each(b)
	}
	return t.folder.useFile(f.Path, func(file *io.SectionReader) error {
		return EachBatch(ctx, file, f, stored, nil, decoded)
	})
}

// partitionCells returns the cells of the columns in the file's path; nil for the other columns.
func (t *Table) partitionCells(f manifest.File, columns []Column) ([]textio.Cell, error) {
	cells := make([]textio.Cell, len(columns))
	for i, c := range columns {
		text, inPath := f.Partition[c.Name]
		if !inPath {
			continue
		}
		column, err := t.Manifest.Column(c.Name)
		if err != nil {
			return nil, err
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		defer b.Release()
		if err := hive.Append(b, column.Type.Kind, text); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", c.Name, err)
		}
		cell, err := Canonical(b.NewArray(), c.Form)
		if err != nil {
			return nil, err
		}
		cells[i] = func(dst []byte, _ int) ([]byte, error) { return cell(dst, 0) }
	}
	return cells, nil
}
