package published

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// ReadColumns gives some columns of a published table, a batch at a time. The
// order of the rows may change from call to call. Partition columns are text, others have
// their own types. A batch is good until each returns. The table may be left out: see
// DefaultTable. The folder and its files are held open, so that a publication meanwhile
// neither mixes two generations nor removes the files. A missing folder gives fs.ErrNotExist.
func ReadColumns(ctx context.Context, dir, table string, columns []string, each func(arrow.RecordBatch) error) error {
	p, err := Hold(dir)
	if _, gone := os.Stat(dir); err != nil && errors.Is(gone, fs.ErrNotExist) {
		return gone
	}
	if err != nil {
		return err
	}
	defer p.Close()
	t, err := p.Manifest.Table(dir, table)
	if err != nil {
		return err
	}
	r := &columnReader{table: t, columns: columns, each: each}
	if err := r.known(dir); err != nil {
		return err
	}
	_, files := t.Best()
	for _, f := range files {
		if err := r.read(ctx, p, f); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), err)
		}
	}
	return nil
}

// columnReader reads some columns of a table's files.
type columnReader struct {
	table   manifest.Table
	columns []string
	each    func(arrow.RecordBatch) error
}

// known says which of the columns the table does not have.
func (r *columnReader) known(dir string) error {
	var names []string
	for _, c := range r.table.Columns {
		names = append(names, c.Name)
	}
	for _, column := range r.columns {
		if slices.Contains(names, column) {
			continue
		}
		hint := "there are " + strings.Join(names, ", ")
		if near := schemas.Nearest(column, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		return fmt.Errorf("table %s of %s has no column %s: %s", r.table.Name, dir, column, hint)
	}
	return nil
}

func (r *columnReader) read(ctx context.Context, p *Folder, f manifest.File) (err error) {
	defer func() {
		if r := recover(); r != nil { // the file may be anything
			err = fmt.Errorf("it cannot be read: %v", r)
		}
	}()
	open, size, release, err := p.Shared(f.Path)
	if err != nil {
		return err
	}
	defer release()
	if f.Format == "parquet" {
		return r.readParquet(ctx, io.NewSectionReader(open, 0, size), f)
	}
	return r.readText(ctx, io.NewSectionReader(open, 0, size), f)
}

func (r *columnReader) readParquet(ctx context.Context, open *io.SectionReader, f manifest.File) error {
	plain, all, err := parquetio.Open(open)
	if err != nil {
		return err
	}
	var inFile []parquetio.Column
	for _, name := range r.columns {
		if _, inPath := f.Partition[name]; inPath {
			continue
		}
		c, err := parquetio.Find(all, name)
		if err != nil {
			return err
		}
		inFile = append(inFile, c)
	}
	if len(inFile) == 0 {
		return r.hand(nil, f, f.Rows)
	}
	return parquetio.ReadRows(ctx, plain, inFile, func(batch arrow.RecordBatch) error {
		return r.hand(batch, f, batch.NumRows())
	})
}

func (r *columnReader) readText(ctx context.Context, open io.Reader, f manifest.File) error {
	columns, err := r.table.ColumnsOf(f)
	if err != nil {
		return err
	}
	format, err := manifest.FormatOf(f)
	if err != nil {
		return err
	}
	o := textio.Options{Format: format, Columns: columns, MaxRow: MaxTextRow}
	for _, c := range columns {
		if !slices.Contains(r.columns, c.Name) {
			continue
		}
		if f.Format == "tsv" && c.Type.List {
			return fmt.Errorf("column %s holds lists, which TSV joins: write the table as parquet or ndjson too", c.Name)
		}
		o.Select = append(o.Select, c.Name)
	}
	if o.Select == nil {
		return r.hand(nil, f, f.Rows)
	}
	return textio.ReadRows(ctx, open, o, func(batch arrow.RecordBatch) error {
		return r.hand(batch, f, batch.NumRows())
	})
}

// hand gives the columns in the order that was asked for, those of the path among
// them.
func (r *columnReader) hand(batch arrow.RecordBatch, f manifest.File, rows int64) error {
	fields, arrays := make([]arrow.Field, len(r.columns)), make([]arrow.Array, len(r.columns))
	for i, name := range r.columns {
		value, inPath := f.Partition[name]
		if inPath {
			arrays[i] = repeated(value, rows)
			defer arrays[i].Release()
		} else {
			arrays[i] = batch.Column(batch.Schema().FieldIndices(name)[0])
		}
		fields[i] = arrow.Field{Name: name, Type: arrays[i].DataType(), Nullable: true}
	}
	whole := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, rows)
	defer whole.Release()
	return r.each(whole)
}

// repeated is a column that has one value in all rows.
func repeated(value *string, rows int64) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for range rows {
		if value == nil {
			b.AppendNull()
		} else {
			b.Append(*value)
		}
	}
	return b.NewArray()
}

// TextOf gives the values of an array as the text that NDJSON and TSV have of them, a
// list as JSON. The values asked for must not be null.
func TextOf(a arrow.Array) func(row int) string {
	text, err := textio.Scalar(a)
	if err != nil {
		return a.ValueStr
	}
	return func(row int) string {
		b, err := text(nil, row)
		if err != nil {
			return a.ValueStr(row)
		}
		return string(b)
	}
}
