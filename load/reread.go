package load

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/internal/digest"
)

// textReader reads the rows of an NDJSON or TSV file back, with code that has
// nothing in common with what wrote them, and knows the digests of its columns.
type textReader interface {
	// feed takes whole rows off the front of text, and says how many bytes they
	// were. What is left comes again, with more behind it. The text is not kept.
	feed(text []byte) (taken int, err error)
	// end says what is missing when no more text comes.
	end() error
	sums() []digest.Sum
}

func newTextReader(l *layout) textReader {
	if l.format.Name == "tsv" {
		return newTSVReader(l)
	}
	return newNDJSONReader(l.columns)
}

// rereader reads one text file back, in one go or bit by bit behind its writer.
type rereader struct {
	text  textReader
	bytes *digest.Tally // of the file
	buf   []byte        // text, the last part of it not taken yet
	held  int           // how much is not taken
}

// readBlock is how much text is read at a time: little enough to stay in the
// cache between the system call, the hash and the parser.
const readBlock = 64 << 10

func newRereader(l *layout) *rereader {
	return &rereader{text: newTextReader(l), bytes: &digest.Tally{}, buf: make([]byte, readBlock)}
}

// read takes all of r, which continues what was read before.
func (r *rereader) read(ctx context.Context, from io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil { // bytes come here that nobody vouches for
			err = fmt.Errorf("%v: %w", p, digest.ErrDiffers)
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.held == len(r.buf) { // a row longer than that
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		n, err := from.Read(r.buf[r.held:])
		text := r.buf[:r.held+n]
		taken, wrong := r.text.feed(text)
		if wrong != nil {
			return fmt.Errorf("%w: %w", wrong, digest.ErrDiffers)
		}
		r.held = copy(r.buf, text[taken:])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
		}
	}
}

// end says whether the text ends where a row does.
func (r *rereader) end() error {
	err := r.text.end()
	if r.held > 0 {
		err = errors.New("the last row has no end")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
	}
	return nil
}

// follow reads bytes of the file up to a place in it.
func (r *rereader) follow(ctx context.Context, file io.ReaderAt, to int64) error {
	r.bytes.Reader = io.NewSectionReader(file, r.bytes.Size, to-r.bytes.Size)
	return r.read(ctx, r.bytes)
}

// followBytes is how much text makes it worth while to read it back at once.
const followBytes = 256 << 10

// follows says whether a file is re-read while it is written. One of many open
// ones is not: each would hold buffers. Nor is compressed text, of which
// nothing can be read before the end of a block.
func (l *layout) follows() bool {
	return l.format.Name != "parquet" && l.format.Codec() == "none" && l.narrow == 1
}

// encode writes a batch. What the batches before it put into the file is read
// back meanwhile.
func (s *series) encode(ctx context.Context, batch arrow.RecordBatch) error {
	r, written := s.file.reread, s.sink.size
	if r == nil || written-r.bytes.Size < followBytes {
		return s.encoder.Write(ctx, batch)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := r.follow(ctx, s.sink.file, written); err != nil {
			return fmt.Errorf("re-read: %w", err)
		}
		return nil
	})
	err := s.encoder.Write(ctx, batch)
	return errors.Join(g.Wait(), err)
}
