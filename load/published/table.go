package published

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// TableReader reads the rows of one table of a published folder as canonical text.
type TableReader struct {
	publication *Folder
	Table       manifest.Table
	Format      string
	files       []manifest.File
	Columns     []ColumnRef
}

// ColumnRef is a column as it is compared: as JSON, or as JSON text of the value's
// own text, where the two folders have it in kinds that do not compare.
type ColumnRef struct {
	Name   string
	AsText bool
	Common bool
	Key    bool
}

func NewTableReader(p *Folder, t manifest.Table) (*TableReader, error) {
	s := &TableReader{publication: p, Table: t}
	s.Format, s.files = t.Best()
	for _, c := range t.Columns {
		if _, err := c.Typed(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// RowBatch is some rows of a table, from its first-th on.
type RowBatch struct {
	First int64
	Rows  int
	Cells []textio.Cell // of the side's columns
}

// Batches reads the table's rows in the order of its files. A batch is good
// until the next one.
func (s *TableReader) Batches(ctx context.Context) iter.Seq2[RowBatch, error] {
	return func(yield func(RowBatch, error) bool) {
		first := int64(0)
		for _, f := range s.files {
			before := first
			err := s.eachRows(ctx, f, func(b RowBatch) error {
				b.First = first
				first += int64(b.Rows)
				if !yield(b, nil) {
					return ErrStop
				}
				return nil
			})
			if err == nil && first-before != f.Rows {
				err = fmt.Errorf("%d rows instead of %d", first-before, f.Rows)
			}
			if errors.Is(err, ErrStop) {
				return
			}
			if err != nil {
				yield(RowBatch{}, fmt.Errorf("diff: read %s of %s: %w; civic-etl verify says more", f.Path, s.publication.Path, err))
				return
			}
		}
	}
}

func (s *TableReader) eachRows(ctx context.Context, f manifest.File, each func(RowBatch) error) error {
	columns, err := s.Table.ColumnsOf(f)
	if err != nil {
		return err
	}
	fixed, err := s.fixed(f)
	if err != nil {
		return err
	}
	file, size, release, err := s.publication.Shared(f.Path)
	if err != nil {
		return err
	}
	defer release()
	return EachBatch(ctx, file, size, f, columns, func(batch arrow.RecordBatch) error {
		b := RowBatch{Rows: int(batch.NumRows())}
		for i, v := range s.Columns {
			c := fixed[i]
			if c == nil {
				at := batch.Schema().FieldIndices(v.Name)
				if len(at) != 1 {
					return fmt.Errorf("there is no column %q", v.Name)
				}
				if c, err = Canonical(batch.Column(at[0]), v.AsText); err != nil {
					return err
				}
			}
			b.Cells = append(b.Cells, c)
		}
		return each(b)
	})
}

// fixed are the cells of the columns that the file's path carries.
func (s *TableReader) fixed(f manifest.File) ([]textio.Cell, error) {
	cells := make([]textio.Cell, len(s.Columns))
	for i, v := range s.Columns {
		text, inPath := f.Partition[v.Name]
		if !inPath {
			continue
		}
		at := slices.IndexFunc(s.Table.Columns, func(c manifest.Column) bool { return c.Name == v.Name })
		column, err := s.Table.Columns[at].Typed()
		if err != nil {
			return nil, err
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		defer b.Release()
		if err := hive.Append(b, column.Type.Kind, text); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", v.Name, err)
		}
		c, err := Canonical(b.NewArray(), v.AsText)
		if err != nil {
			return nil, err
		}
		cells[i] = func(dst []byte, _ int) ([]byte, error) { return c(dst, 0) }
	}
	return cells, nil
}
