package load

import (
	"bufio"
	"context"
	"fmt"

	"github.com/civic-etl/civic-etl/load/internal/digest"
)

// checkText compares an NDJSON or TSV file with what was meant to be written,
// value by value, and its bytes. What was read back while it was written is not
// read again.
func checkText(ctx context.Context, open File, f landed) error {
	r := f.reread
	if r == nil {
		r = newRereader(f.layout)
	}
	if err := r.rest(ctx, open, f.layout); err != nil {
		return err
	}
	if err := r.end(); err != nil {
		return err
	}
	if err := digest.Compare(f.layout.columns, r.text.sums(), f.sums, f.result.Rows); err != nil {
		return err
	}
	return r.bytes.Compare(f.result.Bytes, f.bytes)
}

// rest reads a file to its end, whatever size it should have.
func (r *rereader) rest(ctx context.Context, open File, l *layout) error {
	const end = 1 << 62
	if l.format.Codec() == "none" {
		return r.follow(ctx, open, end)
	}
	r.bytes.Reader = open
	text, err := l.format.Decompress(bufio.NewReaderSize(r.bytes, sinkBuffer))
	if err != nil {
		return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
	}
	defer text.Close()
	return r.read(ctx, text)
}
