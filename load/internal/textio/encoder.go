package textio

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
)

// Encoder writes record batches as text. It does not keep them.
type Encoder struct {
	out     io.WriteCloser
	cell    func(d *digest.Digest, a arrow.Array) (Cell, error) // also adds the values to the digest
	before  [][]byte                                            // written before each value: a key or a tab
	after   []byte                                              // written after each row
	digests []*digest.Digest
	buf     []byte
}

// Cell appends the text of one row's value.
type Cell func(dst []byte, row int) ([]byte, error)

// NewEncoder makes an encoder that writes to w, which stays open.
func NewEncoder(w io.Writer, o Options) (*Encoder, error) {
	out, err := o.Format.Compress(w, max(o.Narrow, 1))
	if err != nil {
		return nil, err
	}
	if o.Format.Name == "tsv" {
		return newTSVEncoder(out, o), nil
	}
	return newNDJSONEncoder(out, o.Columns)
}

// Write appends the batch's rows. The writer has all text when Write returns, unless it is compressed.
func (e *Encoder) Write(ctx context.Context, batch arrow.RecordBatch) error {
	cells := make([]Cell, batch.NumCols())
	for i, a := range batch.Columns() {
		var err error
		if cells[i], err = e.cell(e.digests[i], a); err != nil {
			return err
		}
	}
	for row := range int(batch.NumRows()) {
		for i, before := range e.before {
			e.buf = values.Append(e.buf, before)
			var err error
			if e.buf, err = cells[i](e.buf, row); err != nil {
				return fmt.Errorf("column %s, row %d of the batch: %w", batch.ColumnName(i), row+1, err)
			}
		}
		e.buf = append(e.buf, e.after...)
		if len(e.buf) >= blockBytes {
			if err := e.flush(ctx); err != nil {
				return err
			}
		}
	}
	return e.flush(ctx)
}

func (e *Encoder) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(e.buf) == 0 {
		return err
	}
	_, err := e.out.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

// Close ends the text. It writes the header even if there are no rows.
func (e *Encoder) Close(ctx context.Context) error {
	if err := e.flush(ctx); err != nil {
		return err
	}
	return e.out.Close()
}

// Sums returns the checksums of the columns: of values in NDJSON, of the fields' text in TSV.
func (e *Encoder) Sums() []digest.Sum { return digest.Sums(e.digests) }
