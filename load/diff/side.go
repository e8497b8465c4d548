package diff

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
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// side is one folder's part in the comparison of a table.
type side struct {
	publication *published.Folder
	table       manifest.Table
	format      string
	files       []manifest.File
	Columns     []View
}

// View is a column as it is compared: as JSON, or as JSON text of the value's
// own text, where the two folders have it in kinds that do not compare.
type View struct {
	Name   string
	asText bool
	common bool
	key    bool
}

func NewSide(p *published.Folder, t manifest.Table) (*side, error) {
	s := &side{publication: p, table: t}
	s.format, s.files = t.Best()
	for _, c := range t.Columns {
		if _, err := c.Typed(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// views are the columns of both sides: first those they share, in the newer
// order, then their own.
func (d *Table) views() (old, new []View) {
	for _, c := range d.new.table.Columns {
		o := slices.IndexFunc(d.old.table.Columns, func(o manifest.Column) bool { return o.Name == c.Name })
		if o < 0 {
			continue
		}
		v := View{Name: c.Name, common: true, key: slices.Contains(d.Key, c.Name)}
		v.asText = d.textOnly(d.old.table.Columns[o], c)
		old, new = append(old, v), append(new, v)
	}
	shared := slices.Clone(old)
	own := func(all []View, s *side) []View {
		for _, c := range s.table.Columns {
			if !slices.ContainsFunc(shared, func(v View) bool { return v.Name == c.Name }) {
				all = append(all, View{Name: c.Name, key: slices.Contains(d.Key, c.Name)})
			}
		}
		return all
	}
	return own(old, d.old), own(new, d.new)
}

// textOnly says whether values of the two columns can only be compared as text:
// they are of different kinds, or a list that TSV has as joined text.
func (d *Table) textOnly(old, new manifest.Column) bool {
	o, _ := old.Typed()
	n, _ := new.Typed()
	if o.Type.List || n.Type.List {
		if d.old.format == "tsv" || d.new.format == "tsv" {
			return true
		}
	}
	number := func(k schemas.Kind) bool { return k == schemas.Int32 || k == schemas.Int64 || k == schemas.Float64 }
	return o.Type.List != n.Type.List || o.Type.Kind != n.Type.Kind && !(number(o.Type.Kind) && number(n.Type.Kind))
}

// rowBatch is some rows of a table, from its first-th on.
type rowBatch struct {
	first int64
	Rows  int
	Cells []textio.Cell // of the side's columns
}

// Batches reads the table's rows in the order of its files. A batch is good
// until the next one.
func (s *side) Batches(ctx context.Context) iter.Seq2[rowBatch, error] {
	return func(yield func(rowBatch, error) bool) {
		first := int64(0)
		for _, f := range s.files {
			before := first
			err := s.eachRows(ctx, f, func(b rowBatch) error {
				b.first = first
				first += int64(b.Rows)
				if !yield(b, nil) {
					return published.ErrStop
				}
				return nil
			})
			if err == nil && first-before != f.Rows {
				err = fmt.Errorf("%d rows instead of %d", first-before, f.Rows)
			}
			if errors.Is(err, published.ErrStop) {
				return
			}
			if err != nil {
				yield(rowBatch{}, fmt.Errorf("diff: read %s of %s: %w; civic-etl verify says more", f.Path, s.publication.Path, err))
				return
			}
		}
	}
}

func (s *side) eachRows(ctx context.Context, f manifest.File, each func(rowBatch) error) error {
	columns, err := s.table.ColumnsOf(f)
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
	return published.EachBatch(ctx, file, size, f, columns, func(batch arrow.RecordBatch) error {
		b := rowBatch{Rows: int(batch.NumRows())}
		for i, v := range s.Columns {
			c := fixed[i]
			if c == nil {
				at := batch.Schema().FieldIndices(v.Name)
				if len(at) != 1 {
					return fmt.Errorf("there is no column %q", v.Name)
				}
				if c, err = published.Canonical(batch.Column(at[0]), v.asText); err != nil {
					return err
				}
			}
			b.Cells = append(b.Cells, c)
		}
		return each(b)
	})
}

// fixed are the cells of the columns that the file's path carries.
func (s *side) fixed(f manifest.File) ([]textio.Cell, error) {
	cells := make([]textio.Cell, len(s.Columns))
	for i, v := range s.Columns {
		text, inPath := f.Partition[v.Name]
		if !inPath {
			continue
		}
		at := slices.IndexFunc(s.table.Columns, func(c manifest.Column) bool { return c.Name == v.Name })
		column, err := s.table.Columns[at].Typed()
		if err != nil {
			return nil, err
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		defer b.Release()
		if err := hive.Append(b, column.Type.Kind, text); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", v.Name, err)
		}
		c, err := published.Canonical(b.NewArray(), v.asText)
		if err != nil {
			return nil, err
		}
		cells[i] = func(dst []byte, _ int) ([]byte, error) { return c(dst, 0) }
	}
	return cells, nil
}
