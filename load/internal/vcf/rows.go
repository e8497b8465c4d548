package vcf

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// batchRows is the number of rows of a batch that ReadRows gives.
const batchRows = 4096

// ReadRows decodes a file, which may be compressed, to record batches. A batch is valid until each returns.
func ReadRows(ctx context.Context, r io.Reader, o Options, each func(arrow.RecordBatch) error) error {
	text, err := o.Format.Decompress(bufio.NewReaderSize(r, blockBytes))
	if err != nil {
		return err
	}
	defer text.Close()
	b := array.NewRecordBuilder(memory.DefaultAllocator, (&schemas.Table{Columns: o.Columns}).Arrow())
	defer b.Release()
	targets := make([]target, len(o.Columns))
	for i := range targets {
		targets[i].values = values.Builder{Builder: b.Field(i)}
		if list, ok := b.Field(i).(*array.ListBuilder); ok {
			targets[i].elements = values.Builder{Builder: list.ValueBuilder()}
		}
	}
	give := func() error {
		batch := b.NewRecordBatch()
		defer batch.Release()
		if batch.NumRows() == 0 {
			return nil
		}
		part := selected(batch, o.Select)
		defer part.Release()
		return each(part)
	}
	d := newDecoder(o, targets)
	if err := d.read(ctx, text, o.MaxRow, func() error {
		if (d.rows % batchRows) == 0 {
			return give()
		}
		return nil
	}); err != nil {
		return err
	}
	return give()
}

// selected returns the named columns of a batch, or all.
func selected(batch arrow.RecordBatch, names []string) arrow.RecordBatch {
	var fields []arrow.Field
	var columns []arrow.Array
	for i, f := range batch.Schema().Fields() {
		if names == nil || slices.Contains(names, f.Name) {
			fields, columns = append(fields, f), append(columns, batch.Column(i))
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, batch.NumRows())
}

// Want is what a file should hold.
type Want struct {
	Rows    int64
	LeftOut int64        // as its header says
	Sums    []digest.Sum // of the columns, from Encoder.Sums
	Bytes   int64
	Hash    xxh3.Uint128 // of the bytes
}

// Check reads a file back and compares it with what was written. The error is a digest.ErrDiffers unless the context
// ended.
func Check(ctx context.Context, file io.ReaderAt, o Options, want Want) error {
	digests := make([]*digest.Digest, len(o.Columns))
	targets := make([]target, len(o.Columns))
	for i, c := range o.Columns {
		digests[i] = digest.New(c.Type.Arrow())
		targets[i] = target{values: digests[i], elements: digests[i].Elem()}
	}
	bytes := &digest.Tally{Reader: io.NewSectionReader(file, 0, 1<<62)}
	d := newDecoder(o, targets)
	text, err := o.Format.Decompress(bufio.NewReaderSize(bytes, blockBytes))
	if err == nil {
		defer text.Close()
		err = d.read(ctx, text, 0, func() error { return nil })
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
	}
	if d.leftOut != want.LeftOut {
		return fmt.Errorf("its header counts %d rows left out instead of %d: %w", d.leftOut, want.LeftOut, digest.ErrDiffers)
	}
	if err := digest.Compare(o.Columns, digest.Sums(digests), want.Sums, want.Rows); err != nil {
		return err
	}
	return bytes.Compare(want.Bytes, want.Hash)
}
