package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// ReadValues gives the values of one column of a published table, as text, in
// no certain order; nulls are left out, values may repeat. It reads the table's
// Parquet files with arrow-go and holds the folder open, so that a publication
// meanwhile cannot mix two generations. The column may be a partition column.
func ReadValues(ctx context.Context, dir, table, column string, each func(text string)) error {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not there; run the pipeline that writes it first", dir)
	}
	if err != nil {
		return err
	}
	defer root.Close()
	text, err := root.ReadFile(ManifestFile)
	if err != nil {
		return fmt.Errorf("%s has no %s; name a folder that civic-etl published", dir, ManifestFile)
	}
	m, err := parseManifest(text)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, ManifestFile), err)
	}
	t, ok := m.Tables[table]
	if !ok {
		return fmt.Errorf("%s holds no table %s", dir, table)
	}
	read := false
	for _, f := range t.Files {
		if f.Format != "parquet" {
			continue
		}
		read = true
		if err := readValues(ctx, root, f, column, each); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), err)
		}
	}
	if !read {
		return fmt.Errorf("table %s of %s has no Parquet file; write it as parquet too", table, dir)
	}
	return nil
}

func readValues(ctx context.Context, root *os.Root, f FileResult, column string, each func(string)) (err error) {
	if value, ok := f.Partition[column]; ok {
		if value != nil {
			each(*value)
		}
		return nil
	}
	defer func() {
		if p := recover(); p != nil { // the file may be anything
			err = fmt.Errorf("%v: %w", p, errDiffers)
		}
	}()
	open, err := root.Open(f.Path)
	if err != nil {
		return err
	}
	defer open.Close()
	plain, err := file.NewParquetReader(open)
	if err != nil {
		return err
	}
	r, err := pqarrow.NewFileReader(plain, pqarrow.ArrowReadProperties{BatchSize: readRows}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	schema, err := r.Schema()
	if err != nil {
		return err
	}
	at := schema.FieldIndices(column)
	if len(at) != 1 {
		return fmt.Errorf("there is no column %s", column)
	}
	values, err := r.GetColumn(ctx, at[0])
	if err != nil {
		return err
	}
	defer values.Release()
	return eachValue(ctx, values, f.Rows, each)
}

func eachValue(ctx context.Context, values *pqarrow.ColumnReader, rows int64, each func(string)) error {
	for rows > 0 && ctx.Err() == nil {
		chunks, err := values.NextBatch(readRows)
		if err != nil {
			return err
		}
		if chunks.Len() == 0 {
			break
		}
		for _, c := range chunks.Chunks() {
			Texts(c, each)
		}
		rows -= int64(chunks.Len())
	}
	return ctx.Err()
}

// Texts gives the values of an array as text, those of lists one by one, nulls
// left out.
func Texts(values arrow.Array, each func(text string)) {
	if list, ok := values.(interface{ ListValues() arrow.Array }); ok {
		values = list.ListValues()
	}
	for row := range values.Len() {
		if !values.IsNull(row) {
			each(values.ValueStr(row))
		}
	}
}
