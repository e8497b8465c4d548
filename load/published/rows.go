package published

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/internal/vcf"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// MaxTextRow is the maximum size of a text row in bytes: a small compressed file may expand to gigabytes. Tests lower
// it.
var MaxTextRow = parquetio.MaxPage

// EachBatch decodes the rows of a file. A batch is valid until each returns. Columns are those of the file, selected
// those to read; nil is all. A list in TSV is a text of joined elements.
func EachBatch(ctx context.Context, r *io.SectionReader, f manifest.File, columns []schemas.Column, selected []string,
	each func(arrow.RecordBatch) error) (err error) {
	defer func() {
		if p := recover(); p != nil { // decoders may panic on a damaged file
			err = fmt.Errorf("%v", p)
		}
	}()
	if f.Format == "parquet" {
		return eachParquetBatch(ctx, r, selected, each)
	}
	format, err := manifest.FormatOf(f)
	if err != nil {
		return err
	}
	if f.Format == "vcf" {
		o := vcf.Options{Format: format, Columns: columns, Partition: f.Partition, Select: selected, MaxRow: MaxTextRow}
		return vcf.ReadRows(ctx, r, o, each)
	}
	o := textio.Options{Format: format, Columns: columns, Select: selected, MaxRow: MaxTextRow}
	return textio.ReadRows(ctx, r, o, each)
}

func eachParquetBatch(ctx context.Context, r *io.SectionReader, selected []string,
	each func(arrow.RecordBatch) error) error {
	reader, columns, err := parquetio.Open(r)
	if err != nil {
		return err
	}
	if selected != nil {
		all := columns
		columns = make([]parquetio.Column, len(selected))
		for i, name := range selected {
			if columns[i], err = parquetio.Find(all, name); err != nil {
				return err
			}
		}
	}
	return parquetio.ReadRows(ctx, reader, columns, each)
}
