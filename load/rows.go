package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// readBytes is how much text becomes one batch at most, one row aside.
const readBytes = 4 << 20

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
	text, err := format.Decompress(bufio.NewReaderSize(io.NewSectionReader(open, 0, size), sinkBuffer))
	if err != nil {
		return err
	}
	defer text.Close()
	if f.Format == "tsv" {
		return eachTSVBatch(ctx, text, format.Null, columns, each)
	}
	return blocks(text, func(block []byte) error {
		batch, err := parseNDJSON(block, columns)
		if err != nil {
			return err
		}
		defer batch.Release()
		return errors.Join(each(batch), ctx.Err())
	})
}

// tsvColumns are the columns that TSV text can tell: a list is its joined text.
func tsvColumns(columns []schemas.Column) []schemas.Column {
	flat := make([]schemas.Column, len(columns))
	for i, c := range columns {
		flat[i] = c
		if c.Type.List {
			flat[i].Type = schemas.Type{Kind: schemas.String, Nullable: c.Type.Nullable}
		}
	}
	return flat
}

func eachTSVBatch(ctx context.Context, r io.Reader, null string, columns []schemas.Column, each func(arrow.RecordBatch) error) error {
	p := &tsvParser{r: bufio.NewReaderSize(r, textBlock)}
	if err := p.header(columns); err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, (&schemas.Table{Columns: tsvColumns(columns)}).Arrow())
	defer b.Release()
	hand := func() error {
		batch := b.NewRecordBatch()
		defer batch.Release()
		if batch.NumRows() == 0 {
			return nil
		}
		return errors.Join(each(batch), ctx.Err())
	}
	for row, size := 1, 0; ; row++ {
		n, err := p.values(b, columns, []byte(null))
		if err == io.EOF {
			return hand()
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
		if size += n; size > readBytes || row%readRows == 0 {
			size = 0
			if err := hand(); err != nil {
				return err
			}
		}
	}
}

func (p *tsvParser) header(columns []schemas.Column) error {
	for i, c := range columns {
		text, _, last, err := p.next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("header: %w", err)
		}
		if string(text) != c.Name {
			return fmt.Errorf("the header has %.80q where %q belongs", text, c.Name)
		}
		if last != (i == len(columns)-1) {
			return fmt.Errorf("the header has %d columns instead of %d, or more", i+1, len(columns))
		}
	}
	return nil
}

// values appends one row's fields to the builders, and gives their length.
func (p *tsvParser) values(b *array.RecordBuilder, columns []schemas.Column, null []byte) (size int, err error) {
	for i, c := range columns {
		text, quoted, last, err := p.next()
		if err == io.EOF && i > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return size, err
		}
		if last != (i == len(columns)-1) {
			return size, fmt.Errorf("%d fields instead of %d, or more", i+1, len(columns))
		}
		size += len(text)
		if !quoted && bytes.Equal(text, null) {
			b.Field(i).AppendNull()
		} else if err := appendParsed(b.Field(i), text); err != nil {
			return size, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return size, nil
}

// plainly is an error without the advice that goes with a file just written.
func plainly(err error) string {
	return strings.ReplaceAll(err.Error(), ": "+digest.ErrDiffers.Error(), "")
}
