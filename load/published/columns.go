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

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// ReadColumns reads some columns of a published table. The order of the rows may change from call to call. A batch is
// valid until each returns. An empty table name selects manifest.DefaultTable. A missing folder is fs.ErrNotExist.
func ReadColumns(ctx context.Context, dir, table string, columns []string, each func(arrow.RecordBatch) error) error {
	p, err := Open(dir)
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
	if err := r.checkNames(dir); err != nil {
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

func (r *columnReader) checkNames(dir string) error {
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

func (r *columnReader) read(ctx context.Context, p *Folder, f manifest.File) error {
	columns, err := r.table.ColumnsOf(f)
	if err != nil {
		return err
	}
	var selected []string
	for _, c := range columns {
		if !slices.Contains(r.columns, c.Name) {
			continue
		}
		if f.Format == "tsv" && c.Type.List {
			return fmt.Errorf("column %s holds lists, which TSV joins: write the table as parquet or ndjson too", c.Name)
		}
		selected = append(selected, c.Name)
	}
	if selected == nil { // all are in the path
		return r.handOver(nil, f, f.Rows)
	}
	return p.useFile(f.Path, func(file *io.SectionReader) error {
		return EachBatch(ctx, file, f, columns, selected, func(batch arrow.RecordBatch) error {
			return r.handOver(batch, f, batch.NumRows())
		})
	})
}

// handOver calls each with the columns in the order of the request, partition columns included.
func (r *columnReader) handOver(batch arrow.RecordBatch, f manifest.File, rows int64) error {
	fields, arrays := make([]arrow.Field, len(r.columns)), make([]arrow.Array, len(r.columns))
	for i, name := range r.columns {
		if value, inPath := f.Partition[name]; inPath {
			var err error
			if arrays[i], err = r.repeated(name, value, rows); err != nil {
				return err
			}
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

// repeated is a partition column: one value in all rows.
func (r *columnReader) repeated(name string, value *string, rows int64) (arrow.Array, error) {
	column, err := r.table.Column(name)
	if err != nil {
		return nil, err
	}
	b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
	defer b.Release()
	for range rows {
		if err := hive.Append(b, column.Type.Kind, value); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", name, err)
		}
	}
	return b.NewArray(), nil
}

// TextOf returns the values of an array as the text of NDJSON and TSV, lists as JSON. A value must not be null.
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
