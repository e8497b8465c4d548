package load

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// readRows is how many rows of a column are decoded at a time.
const readRows = 4096

// batchBytes is how many bytes of values become one batch at most, one row aside.
const batchBytes = 4 << 20

// maxRowBytes bounds the values of one row of a column: a few compressed bytes can stand for
// gigabytes. Tests lower it.
var maxRowBytes = maxPage

// maxPage bounds what a page of a Parquet file may claim to be: far above what
// any writer makes, and no more than a machine holds.
const maxPage = 256 << 20

// openParquet reads the footer of a Parquet file.
func openParquet(r *io.SectionReader) (plain *file.Reader, columns []stored, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled, properties.BufferSize = true, sinkBuffer
	properties.MaxUncompressedPageSize, properties.MaxCompressedPageSize = maxPage, maxPage
	if plain, err = file.NewParquetReader(r, file.WithReadProps(properties)); err != nil {
		return nil, nil, err
	}
	return plain, storedColumns(plain.MetaData().Schema), nil
}

func eachParquetBatch(ctx context.Context, r *io.SectionReader, each func(arrow.RecordBatch) error) error {
	plain, columns, err := openParquet(r)
	if err != nil {
		return err
	}
	return eachRowBatch(ctx, plain, columns, each)
}
