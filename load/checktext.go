package load

import (
	"bufio"
	"context"
	"fmt"
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
	if err := f.compare(r.text.sums()); err != nil {
		return err
	}
	return r.bytes.compare(f)
}

// rest reads a file to its end, whatever size it should have.
func (r *rereader) rest(ctx context.Context, open File, l *layout) error {
	const end = 1 << 62
	if l.format.compression() == "none" {
		return r.follow(ctx, open, end)
	}
	r.bytes.r = open
	text, err := l.format.decompress(bufio.NewReaderSize(r.bytes, sinkBuffer))
	if err != nil {
		return fmt.Errorf("%w: %w", err, errDiffers)
	}
	defer text.Close()
	return r.read(ctx, text)
}
