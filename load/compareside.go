package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// side is one folder's part in the comparison of a table.
type side struct {
	publication *publication
	table       TableResult
	format      string
	files       []FileResult
	columns     []view
}

// view is a column as it is compared: as JSON, or as JSON text of the value's
// own text, where the two folders have it in kinds that do not compare.
type view struct {
	name   string
	asText bool
	common bool
	key    bool
}

func newSide(p *publication, t TableResult) (*side, error) {
	s := &side{publication: p, table: t}
	s.format, s.files = t.best()
	for _, c := range t.Columns {
		if _, err := c.column(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// views are the columns of both sides: first those they share, in the newer
// order, then their own.
func (d *TableDiff) views() (old, new []view) {
	for _, c := range d.new.table.Columns {
		o := slices.IndexFunc(d.old.table.Columns, func(o ColumnResult) bool { return o.Name == c.Name })
		if o < 0 {
			continue
		}
		v := view{name: c.Name, common: true, key: slices.Contains(d.Key, c.Name)}
		v.asText = d.textOnly(d.old.table.Columns[o], c)
		old, new = append(old, v), append(new, v)
	}
	shared := slices.Clone(old)
	own := func(all []view, s *side) []view {
		for _, c := range s.table.Columns {
			if !slices.ContainsFunc(shared, func(v view) bool { return v.name == c.Name }) {
				all = append(all, view{name: c.Name, key: slices.Contains(d.Key, c.Name)})
			}
		}
		return all
	}
	return own(old, d.old), own(new, d.new)
}

// textOnly says whether values of the two columns can only be compared as text:
// they are of different kinds, or a list that TSV has as joined text.
func (d *TableDiff) textOnly(old, new ColumnResult) bool {
	o, _ := old.column()
	n, _ := new.column()
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
	rows  int
	cells []textio.Cell // of the side's columns
}

// batches reads the table's rows in the order of its files. A batch is good
// until the next one.
func (s *side) batches(ctx context.Context) iter.Seq2[rowBatch, error] {
	return func(yield func(rowBatch, error) bool) {
		first := int64(0)
		for _, f := range s.files {
			before := first
			err := s.eachRows(ctx, f, func(b rowBatch) error {
				b.first = first
				first += int64(b.rows)
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
				yield(rowBatch{}, fmt.Errorf("diff: read %s of %s: %w; civic-etl verify says more", f.Path, s.publication.path, err))
				return
			}
		}
	}
}

var errStop = errors.New("enough was read")

func (s *side) eachRows(ctx context.Context, f FileResult, each func(rowBatch) error) error {
	columns, err := s.table.columnsOf(f)
	if err != nil {
		return err
	}
	fixed, err := s.fixed(f)
	if err != nil {
		return err
	}
	file, size, release, err := s.publication.shared(f.Path)
	if err != nil {
		return err
	}
	defer release()
	return eachBatch(ctx, file, size, f, columns, func(batch arrow.RecordBatch) error {
		b := rowBatch{rows: int(batch.NumRows())}
		for i, v := range s.columns {
			c := fixed[i]
			if c == nil {
				at := batch.Schema().FieldIndices(v.name)
				if len(at) != 1 {
					return fmt.Errorf("there is no column %q", v.name)
				}
				if c, err = canonical(batch.Column(at[0]), v.asText); err != nil {
					return err
				}
			}
			b.cells = append(b.cells, c)
		}
		return each(b)
	})
}

// fixed are the cells of the columns that the file's path carries.
func (s *side) fixed(f FileResult) ([]textio.Cell, error) {
	cells := make([]textio.Cell, len(s.columns))
	for i, v := range s.columns {
		text, inPath := f.Partition[v.name]
		if !inPath {
			continue
		}
		at := slices.IndexFunc(s.table.Columns, func(c ColumnResult) bool { return c.Name == v.name })
		column, err := s.table.Columns[at].column()
		if err != nil {
			return nil, err
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		defer b.Release()
		if err := appendPartition(b, column.Type.Kind, text); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", v.name, err)
		}
		c, err := canonical(b.NewArray(), v.asText)
		if err != nil {
			return nil, err
		}
		cells[i] = func(dst []byte, _ int) ([]byte, error) { return c(dst, 0) }
	}
	return cells, nil
}

// canonical gives a column's values as JSON that is the same for equal values:
// integers and doubles of one value alike, minus zero as zero, and what JSON
// has no number for as text.
func canonical(a arrow.Array, asText bool) (textio.Cell, error) {
	value, err := canonicalValue(a, asText)
	return func(dst []byte, i int) ([]byte, error) {
		if a.IsNull(i) {
			return append(dst, "null"...), nil
		}
		return value(dst, i)
	}, err
}

func canonicalValue(a arrow.Array, asText bool) (textio.Cell, error) {
	if asText {
		text, err := textio.TSVValue(a)
		var scratch []byte
		return func(dst []byte, i int) ([]byte, error) {
			var err error
			if scratch, err = text(scratch[:0], i); err != nil {
				return dst, err
			}
			return quoteJSON(dst, scratch), nil
		}, err
	}
	switch a := a.(type) {
	case *array.Timestamp:
		if !arrow.TypeEqual(a.DataType(), arrow.FixedWidthTypes.Timestamp_us) {
			return nil, fmt.Errorf("no column may hold %s", a.DataType())
		}
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) {
			v := a.Value(i) + 0 // minus zero becomes zero
			if v-v != 0 {
				return quoteJSON(dst, textio.AppendFloat(nil, v)), nil
			}
			return textio.AppendFloat(dst, v), nil
		}, nil
	case *array.List:
		element, err := canonical(a.ListValues(), false)
		return func(dst []byte, i int) ([]byte, error) {
			start, end := a.ValueOffsets(i)
			dst = append(dst, '[')
			for j := start; j < end; j++ {
				if j > start {
					dst = append(dst, ',')
				}
				var err error
				if dst, err = element(dst, int(j)); err != nil {
					return dst, err
				}
			}
			return append(dst, ']'), nil
		}, err
	}
	return textio.JSONValue(a)
}

func quoteJSON(dst, text []byte) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // what is not UTF-8 is replaced
	return dst
}
