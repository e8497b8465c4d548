package textio

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// ReadRows decodes text, which may be compressed, to record batches. A batch is
// valid until each returns. A list in TSV is the text that joins its elements.
func ReadRows(ctx context.Context, r io.Reader, o Options, each func(arrow.RecordBatch) error) error {
	text, err := o.Format.Decompress(bufio.NewReaderSize(r, bufferBytes))
	if err != nil {
		return err
	}
	defer text.Close()
	b, columns := newRows(o)
	defer b.Release()
	rows := &reader{decoder: newDecoder(o, columns), buf: make([]byte, rowsBytes), maxRow: o.MaxRow}
	rows.each = func() error {
		batch := b.NewRecordBatch()
		defer batch.Release()
		if batch.NumRows() == 0 {
			return nil
		}
		return errors.Join(each(batch), ctx.Err())
	}
	if err := rows.read(ctx, text); err != nil {
		return err
	}
	return rows.end()
}

// newRows makes a builder of the selected columns, and the columns of the text that add to it.
func newRows(o Options) (*array.RecordBuilder, []column) {
	given := o.Columns
	if o.Format.Name == "tsv" {
		given = TSVColumns(given)
	}
	columns := make([]column, len(given))
	var selected []schemas.Column
	var at []int // of selected, in given
	for i, c := range given {
		columns[i] = column{name: c.Name, kind: c.Type.Kind, list: c.Type.List, values: skipped{}, elements: skipped{}}
		if o.Select == nil || slices.Contains(o.Select, c.Name) {
			selected, at = append(selected, c), append(at, i)
		}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, (&schemas.Table{Columns: selected}).Arrow())
	for field, i := range at {
		columns[i].values = values.Builder{Builder: b.Field(field)}
		if list, ok := b.Field(field).(*array.ListBuilder); ok {
			columns[i].elements = values.Builder{Builder: list.ValueBuilder()}
		}
	}
	return b, columns
}

// TSVColumns returns the columns as TSV has them: a list is the text that joins its elements.
func TSVColumns(columns []schemas.Column) []schemas.Column {
	flat := slices.Clone(columns)
	for i, c := range columns {
		if c.Type.List {
			flat[i].Type = schemas.Type{Kind: schemas.String, Nullable: c.Type.Nullable}
		}
	}
	return flat
}

// Append adds a value of the builder's kind to it, from its text in TSV.
func Append(b array.Builder, kind schemas.Kind, text []byte) error {
	return addText(text, kind, values.Builder{Builder: b})
}

// AddText adds a value of a kind to the receiver, from its text in TSV.
func AddText(text []byte, kind schemas.Kind, to values.Receiver) error {
	return addText(text, kind, to)
}

// skipped drops the values of a column that is not selected.
type skipped struct{}

func (skipped) AddNull()       {}
func (skipped) AddText([]byte) {}
func (skipped) Add4(uint32)    {}
func (skipped) Add8(uint64)    {}
func (skipped) AddBool(bool)   {}
func (skipped) BeginList()     {}
func (skipped) EndList(uint32) {}
