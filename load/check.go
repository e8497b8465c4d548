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
	"github.com/civic-etl/civic-etl/load/internal/vcf"
)

// largeRows is the number of rows above which a Parquet file is large.
const largeRows = 32_768

func (f outputFile) large() bool { return f.Format == "parquet" && f.Rows > largeRows }

// checkAll reads every file back with a decoder that did not write it, and compares the values with those written. It
// reads small files in parallel, and the column chunks of a large Parquet file.
func checkAll(ctx context.Context, fs disk.FS, files []outputFile) error {
	g, small := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		if !f.large() {
			g.Go(func() error { return check(small, fs, f, 1) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, f := range files {
		if f.large() {
			if err := check(ctx, fs, f, runtime.GOMAXPROCS(0)); err != nil {
				return err
			}
		}
	}
	return nil
}

func check(ctx context.Context, fs disk.FS, f outputFile, workers int) (err error) {
	defer func() {
		if p := recover(); p != nil { // decoders may panic on a damaged file
			err = fmt.Errorf("%v: %w", p, digest.ErrDiffers)
		}
		if err != nil {
			err = fmt.Errorf("re-read %s: %w", f.Path, err)
		}
	}()
	open, err := fs.Open(f.staged)
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }()
	if f.Format == "parquet" {
		return parquetio.Check(ctx, open, parquetio.Want{Columns: f.layout.columns, Metadata: f.layout.metadata,
			Rows: f.Rows, Sums: f.sums, Sorted: f.sorted, Bytes: f.Bytes, Hash: f.hash}, workers)
	}
	if f.Format == "vcf" {
		return vcf.Check(ctx, open, f.layout.vcf(f.Partition), vcf.Want{Rows: f.Rows, LeftOut: f.LeftOutRows(), Sums: f.sums,
			Bytes: f.Bytes, Hash: f.hash})
	}
	if f.check == nil { // else it continues after the text that was read back earlier
		f.check = textio.NewCheck(f.layout.text())
	}
	return f.check.Finish(ctx, open, textio.Want{Rows: f.Rows, Sums: f.sums, Bytes: f.Bytes, Hash: f.hash})
}
