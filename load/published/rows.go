package published

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// MaxTextRow bounds a row of text in bytes: a few compressed bytes can stand for gigabytes. Tests lower it.
var MaxTextRow = parquetio.MaxPage

// EachBatch reads a file's rows with the decoder that did not write them, a
// batch at a time. A batch is good until each returns. Text is read as the
// columns say; a list in TSV is the text that joins its elements.
func EachBatch(ctx context.Context, open *os.File, size int64, f manifest.File, columns []schemas.Column, each func(arrow.RecordBatch) error) (err error) {
	defer func() {
		if r := recover(); r != nil { // decoders meet bytes here that nobody vouches for
			err = fmt.Errorf("%v", r)
		}
	}()
	if f.Format == "parquet" {
		file, columns, err := parquetio.Open(io.NewSectionReader(open, 0, size))
		if err != nil {
			return err
		}
		return parquetio.ReadRows(ctx, file, columns, each)
	}
	format, err := manifest.FormatOf(f)
	if err != nil {
		return err
	}
	o := textio.Options{Format: format, Columns: columns, MaxRow: MaxTextRow}
	return textio.ReadRows(ctx, io.NewSectionReader(open, 0, size), o, each)
}
