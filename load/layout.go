package load

import (
	"cmp"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/internal/vcf"
	"github.com/civic-etl/civic-etl/schemas"
)

// leaver is an encoder that leaves out rows which its format cannot express.
type leaver interface {
	LeftOut() map[string]int64 // by reason, after Close
}

// encoder writes record batches to one file. It keeps no batch, and does not close the file.
type encoder interface {
	Write(ctx context.Context, batch arrow.RecordBatch) error
	Close(ctx context.Context) error
	Sums() []digest.Sum // of the columns, after Close
}

// layout is shared by all files of one table in one format.
type layout struct {
	format   format.Format
	columns  []schemas.Column // of the files
	key      []string
	metadata map[string]string
	narrow   int              // divides the memory of an encoder, if many are open
	codec    compress.Codec   // Parquet: of the pages
	pages    *parquetio.Pages // Parquet: encoded pages that wait for their row group
	genomes  vcf.Genomes
}

func (l *layout) encoder(w io.Writer, partition map[string]*string) (encoder, error) {
	switch l.format.Name {
	case "parquet":
	case "vcf":
		return vcf.NewEncoder(w, l.vcf(partition), l.genomes)
	default:
		return textio.NewEncoder(w, l.text())
	}
	return parquetio.NewEncoder(w, parquetio.Options{Columns: l.columns, Key: l.key, Metadata: l.metadata,
		RowGroupRows: cmp.Or(l.format.RowGroupRows, format.DefaultRowGroupRows), Narrow: l.narrow,
		Codec: l.codec, Pages: l.pages}), nil
}

func (l *layout) text() textio.Options {
	return textio.Options{Format: l.format, Columns: l.columns, Narrow: l.narrow}
}

func (l *layout) vcf(partition map[string]*string) vcf.Options {
	return vcf.Options{Format: l.format, Columns: l.columns, Partition: partition}
}

// readsBack reports whether a file is read back while it is written. With many open files, each would need a buffer.
// Compressed text cannot be read before the end of a block.
func (l *layout) readsBack() bool {
	return l.isText() && l.format.Codec() == "none" && l.narrow == 1
}

// isText reports whether textio writes the format, line by line.
func (l *layout) isText() bool { return l.format.Name != "parquet" && l.format.Name != "vcf" }
