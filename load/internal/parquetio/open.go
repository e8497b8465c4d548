package parquetio

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/disk"
)

// ReadRows is how many rows of a column are decoded at a time.
const ReadRows = 4096

// batchBytes is how many bytes of values become one batch at most, one row aside.
const batchBytes = 4 << 20

// maxRowBytes bounds the values of one row of a column: a few compressed bytes can stand for
// gigabytes. Tests lower it.
var maxRowBytes = MaxPage

// MaxPage bounds what a page of a Parquet file may claim to be: far above what
// any writer makes, and no more than a machine holds.
const MaxPage = 256 << 20

// Open reads the footer of a Parquet file.
func Open(r *io.SectionReader) (plain *file.Reader, columns []StoredColumn, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled, properties.BufferSize = true, disk.BufferSize
	properties.MaxUncompressedPageSize, properties.MaxCompressedPageSize = MaxPage, MaxPage
	if plain, err = file.NewParquetReader(r, file.WithReadProps(properties)); err != nil {
		return nil, nil, err
	}
	return plain, storedColumns(plain.MetaData().Schema), nil
}

func EachBatch(ctx context.Context, r *io.SectionReader, each func(arrow.RecordBatch) error) error {
	plain, columns, err := Open(r)
	if err != nil {
		return err
	}
	return EachRows(ctx, plain, columns, each)
}
