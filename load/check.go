package load

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
)

// largeRows is how many rows make a Parquet file large.
const largeRows = 32_768

// checkAll re-reads every file with a decoder that did not write it, and compares the values with
// those written. It reads small files in parallel, and of a large Parquet file the column chunks.
func checkAll(ctx context.Context, fs disk.FS, files []landed) error {
	large := func(f landed) bool { return f.layout.format.Name == "parquet" && f.result.Rows > largeRows }
	g, small := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		if !large(f) {
			g.Go(func() error { return check(small, fs, f, 1) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, f := range files {
		if large(f) {
			if err := check(ctx, fs, f, runtime.GOMAXPROCS(0)); err != nil {
				return err
			}
		}
	}
	return nil
}

func check(ctx context.Context, fs disk.FS, f landed, workers int) (err error) {
	defer func() {
		if r := recover(); r != nil { // decoders meet bytes here that nobody vouches for
			err = fmt.Errorf("re-read %s: %v: %w", f.result.Path, r, digest.ErrDiffers)
		}
	}()
	file, err := fs.Open(f.staged)
	if err != nil {
		return fmt.Errorf("re-read %s: %w", f.result.Path, err)
	}
	defer file.Close()
	switch f.layout.format.Name {
	case "parquet":
		err = parquetio.Check(ctx, file, f.parquetWant(), workers)
	default:
		err = f.checkText(ctx, file)
	}
	if err != nil {
		return fmt.Errorf("re-read %s: %w", f.result.Path, err)
	}
	return nil
}

// checkText compares an NDJSON or TSV file with the values written. It uses what was read back while the
// file was written.
func (f landed) checkText(ctx context.Context, file disk.File) error {
	c := f.check
	if c == nil {
		c = textio.NewCheck(f.layout.text())
	}
	return c.Finish(ctx, file, textio.Want{Rows: f.result.Rows, Sums: f.sums, Bytes: f.result.Bytes, Hash: f.bytes})
}

// parquetWant is what the file must hold if it is Parquet.
func (f landed) parquetWant() parquetio.Want {
	return parquetio.Want{Columns: f.layout.columns, Metadata: f.layout.metadata, Rows: f.result.Rows,
		Sums: f.sums, Bytes: f.result.Bytes, Hash: f.bytes}
}
