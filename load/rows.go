package load

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// readBytes is how many bytes of values become one batch at most, one row aside.
const readBytes = 4 << 20

// longest bounds a row of text, or a value of a Parquet file, in bytes: a little
// of compressed nothing can stand for gigabytes.
var longest = maxPage

// maxPage bounds what a page of a Parquet file may claim to be: far above what
// any writer makes, and no more than a machine holds.
const maxPage = 256 << 20

// eachBatch reads a file's rows with the decoder that did not write them, a
// batch at a time. A batch is good until each returns. Text is read as the
// columns say; a list in TSV is the text that joins its elements.
func eachBatch(ctx context.Context, open *os.File, size int64, f FileResult, columns []schemas.Column, each func(arrow.RecordBatch) error) (err error) {
	defer func() {
		if r := recover(); r != nil { // decoders meet bytes here that nobody vouches for
			err = fmt.Errorf("%v", r)
		}
	}()
	if f.Format == "parquet" {
		return eachParquetBatch(ctx, io.NewSectionReader(open, 0, size), each)
	}
	format, err := formatOf(f)
	if err != nil {
		return err
	}
	o := textio.Options{Format: format, Columns: columns, MaxRow: longest}
	return textio.ReadRows(ctx, io.NewSectionReader(open, 0, size), o, each)
}

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
