package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// checkText compares an NDJSON or TSV file with what was meant to be written,
// value by value, and its bytes.
func checkText(ctx context.Context, open File, f landed, workers int) error {
	bytes := newTally(bufio.NewReaderSize(open, sinkBuffer))
	text, err := f.layout.format.decompress(bytes)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errDiffers)
	}
	defer text.Close()
	var read []sum
	if f.layout.format.Name == "tsv" {
		read, err = readTSV(ctx, text, f.layout)
	} else {
		read, err = readNDJSON(ctx, text, f.layout, workers)
	}
	if err != nil {
		return err
	}
	if err := f.compare(read); err != nil {
		return err
	}
	return bytes.compare(f)
}

// readNDJSON parses lines in parallel and adds them up in order.
func readNDJSON(ctx context.Context, r io.Reader, l *layout, workers int) ([]sum, error) {
	type parsed chan arrow.RecordBatch
	queue := make(chan parsed, workers) // bounds the blocks under way
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(queue)
		parse, ctx := errgroup.WithContext(ctx)
		parse.SetLimit(workers)
		err := blocks(r, func(block []byte) error {
			p := make(parsed, 1)
			select {
			case queue <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
			parse.Go(func() error {
				defer close(p)
				batch, err := parseNDJSON(block, l.columns)
				if err == nil {
					p <- batch
				}
				return err
			})
			return nil
		})
		return errors.Join(parse.Wait(), err)
	})
	digests := newDigests(l.schema())
	var failed error
	for p := range queue {
		for batch := range p {
			if failed == nil {
				failed = addAll(digests, batch)
			}
			batch.Release()
		}
	}
	return sums(digests), errors.Join(g.Wait(), failed)
}

// textBlock is how much text is parsed at a time.
const textBlock = 256 << 10

// blocks cuts text into pieces that end with a line, each a slice of its own.
func blocks(r io.Reader, each func([]byte) error) error {
	var rest []byte
	for {
		block := make([]byte, len(rest)+textBlock)
		copy(block, rest)
		n, err := io.ReadFull(r, block[len(rest):])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("%w: %w", err, errDiffers)
		}
		block = block[:len(rest)+n]
		if err != nil {
			if len(block) > 0 && block[len(block)-1] != '\n' {
				return fmt.Errorf("the last line has no end: %w", errDiffers)
			}
			return each(block)
		}
		end := bytes.LastIndexByte(block, '\n') + 1
		rest = block[end:]
		if end > 0 {
			if err := each(block[:end]); err != nil {
				return err
			}
		}
	}
}
