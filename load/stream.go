package load

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// Stream writes one table to a writer, as NDJSON or TSV.
type Stream struct {
	encoder *textio.Encoder
	err     error
}

// NewStream writes the table to w, which stays open. Write and Close report a format that cannot be streamed.
func NewStream(w io.Writer, f format.Format, table *schemas.Table) *Stream {
	if err := f.Check(); err != nil {
		return &Stream{err: err}
	}
	if f.Name == "parquet" {
		return &Stream{err: fmt.Errorf("parquet cannot be written to a stream: use ndjson or tsv")}
	}
	e, err := textio.NewEncoder(w, textio.Options{Format: f, Columns: table.Columns})
	return &Stream{encoder: e, err: err}
}

// Write appends a batch, and does not keep it. Uncompressed text is written before Write returns.
func (s *Stream) Write(ctx context.Context, batch arrow.RecordBatch) error {
	if s.err == nil {
		s.err = s.encoder.Write(ctx, batch)
	}
	return s.err
}

// Close ends the text.
func (s *Stream) Close(ctx context.Context) error {
	if s.err == nil {
		s.err = s.encoder.Close(ctx)
	}
	return s.err
}
