package textio

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Check reads a text file back and compares it with what was written: when it is
// complete, or piece by piece while its encoder writes.
type Check struct {
	options Options
	reader  reader
	file    digest.Tally
	digests []*digest.Digest
}

// Want is what a file should hold.
type Want struct {
	Rows  int64
	Sums  []digest.Sum // of the columns, from Encoder.Sums
	Bytes int64
	Hash  xxh3.Uint128 // of the bytes
}

// NewCheck makes the check of a file.
func NewCheck(o Options) *Check {
	c := &Check{options: o, reader: reader{buf: make([]byte, blockBytes)}}
	columns := make([]column, len(o.Columns))
	for i, meant := range o.Columns {
		if o.Format.Name == "tsv" { // the fields' text is compared
			meant.Type = schemas.Type{Kind: schemas.String}
		}
		d := digest.New(meant.Type.Arrow())
		columns[i] = column{name: meant.Name, kind: meant.Type.Kind, list: meant.Type.List, values: d, elements: d.Elem()}
		c.digests = append(c.digests, d)
	}
	c.reader.decoder = newDecoder(o, columns)
	return c
}

// Bytes is how much of the file was read.
func (c *Check) Bytes() int64 { return c.file.Size }

// Follow reads on up to an offset. It can follow only a file that is not compressed.
func (c *Check) Follow(ctx context.Context, file io.ReaderAt, to int64) error {
	c.file.Reader = io.NewSectionReader(file, c.file.Size, to-c.file.Size)
	return c.read(ctx, &c.file)
}

func (c *Check) read(ctx context.Context, text io.Reader) error {
	err := c.reader.read(ctx, text)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return differs(err)
}

func differs(err error) error { return fmt.Errorf("%w: %w", err, digest.ErrDiffers) }

// Finish reads the rest of the file, and compares its values and bytes with want. The
// error is a digest.ErrDiffers unless the context ended.
func (c *Check) Finish(ctx context.Context, file io.ReaderAt, want Want) error {
	if err := c.rest(ctx, file); err != nil {
		return err
	}
	if err := c.reader.end(); err != nil {
		return differs(err)
	}
	if err := digest.Compare(c.options.Columns, digest.Sums(c.digests), want.Sums, want.Rows); err != nil {
		return err
	}
	return c.file.Compare(want.Bytes, want.Hash)
}

// rest reads the file to its end, whatever its size.
func (c *Check) rest(ctx context.Context, file io.ReaderAt) error {
	const end = 1 << 62
	if c.options.Format.Codec() == "none" {
		return c.Follow(ctx, file, end)
	}
	c.file.Reader = io.NewSectionReader(file, 0, end)
	text, err := c.options.Format.Decompress(bufio.NewReaderSize(&c.file, bufferBytes))
	if err != nil {
		return differs(err)
	}
	defer text.Close()
	return c.read(ctx, text)
}
