package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/disk"
)

// BatchRows is how many rows of a column are decoded at a time.
const BatchRows = 4096

// batchBytes bounds the values of one batch.
const batchBytes = 4 << 20

// MaxPage bounds the size that a page of a foreign Parquet file may declare: far
// above what any writer makes, and within a machine's memory.
const MaxPage = 256 << 20

// maxRowBytes bounds the values of one row of a column: a few compressed bytes can stand for
// gigabytes. Tests lower it.
var maxRowBytes = MaxPage

// Open reads the footer of a Parquet file of any origin.
func Open(r parquet.ReaderAtSeeker) (*file.Reader, []Column, error) { return open(r, MaxPage) }

func open(r parquet.ReaderAtSeeker, maxPage int64) (opened *file.Reader, columns []Column, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled, properties.BufferSize = true, disk.BufferSize
	properties.MaxUncompressedPageSize, properties.MaxCompressedPageSize = maxPage, maxPage
	if opened, err = file.NewParquetReader(r, file.WithReadProps(properties)); err != nil {
		return nil, nil, err
	}
	return opened, columnsOf(opened.MetaData().Schema), nil
}
