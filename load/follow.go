package load

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// followBytes is how much text makes it worth while to read it back at once.
const followBytes = 256 << 10

// follows says whether a file is read back while it is written. One of many open
// ones is not: each would hold buffers. Nor is compressed text, of which
// nothing can be read before the end of a block.
func (l *layout) follows() bool {
	return l.format.Name != "parquet" && l.format.Codec() == "none" && l.narrow == 1
}

// encode writes a batch. Meanwhile it reads back what earlier batches put into
// the file.
func (s *series) encode(ctx context.Context, batch arrow.RecordBatch) error {
	check, written := s.file.check, s.sink.Size
	if check == nil || written-check.Bytes() < followBytes {
		return s.encoder.Write(ctx, batch)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := check.Follow(ctx, s.sink.File, written); err != nil {
			return fmt.Errorf("re-read: %w", err)
		}
		return nil
	})
	err := s.encoder.Write(ctx, batch)
	return errors.Join(g.Wait(), err)
}
