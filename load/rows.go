package load

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// longest bounds a row of text in bytes: a little of compressed nothing can stand
// for gigabytes.
var longest = maxPage

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
