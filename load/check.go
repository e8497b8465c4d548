package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// checkAll re-reads every file with a decoder that did not write it, and
// compares what it finds with what the columns were meant to hold. Files are
// read side by side; of large Parquet files the columns are.
func checkAll(ctx context.Context, fs FS, files []landed) error {
	large := func(f landed) bool { return f.layout.format.Name == "parquet" && f.result.Rows > handful*64 }
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

// errDiffers marks a file that does not hold what was written to it.
var errDiffers = errors.New("the file does not hold what was written to it: check the disk, and report it if the disk is sound")

func check(ctx context.Context, fs FS, f landed, workers int) (err error) {
	defer func() {
		if r := recover(); r != nil { // decoders meet bytes here that nobody vouches for
			err = fmt.Errorf("re-read %s: %v: %w", f.result.Path, r, errDiffers)
		}
	}()
	file, err := fs.Open(f.staged)
	if err != nil {
		return fmt.Errorf("re-read %s: %w", f.result.Path, err)
	}
	defer file.Close()
	switch f.layout.format.Name {
	case "parquet":
		err = checkParquet(ctx, file, f, workers)
	default:
		err = checkText(ctx, file, f)
	}
	if err != nil {
		return fmt.Errorf("re-read %s: %w", f.result.Path, err)
	}
	return nil
}

// compare holds the digests of what was read against those of what was meant.
func (f landed) compare(read []sum) error {
	for i, c := range f.layout.columns {
		if read[i].rows != uint64(f.result.Rows) {
			return fmt.Errorf("%d rows of column %s instead of %d: %w", read[i].rows, c.Name, f.result.Rows, errDiffers)
		}
		if read[i] != f.sums[i] {
			return fmt.Errorf("other values in column %s: %w", c.Name, errDiffers)
		}
	}
	return nil
}

// tally counts and hashes a file on the way through.
type tally struct {
	r    io.Reader
	size int64
	hash xxh3.Hasher
}

func newTally(r io.Reader) *tally { return &tally{r: r} }

func (t *tally) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.size += int64(n)
	t.hash.Write(p[:n])
	return n, err
}

// compare reads what is left and holds size and hash against those noted when
// the file was written.
func (t *tally) compare(f landed) error {
	if _, err := io.Copy(io.Discard, t); err != nil {
		return err
	}
	if t.size != f.result.Bytes || t.hash.Sum128() != f.bytes {
		return fmt.Errorf("%d bytes, not the ones that were written: %w", t.size, errDiffers)
	}
	return nil
}

// sameShape compares the columns of a Parquet file with those meant.
func sameShape(read []stored, f landed) error {
	if len(read) != len(f.layout.columns) {
		return fmt.Errorf("%d columns instead of %d: %w", len(read), len(f.layout.columns), errDiffers)
	}
	for i, c := range f.layout.columns {
		got, want := read[i], c.Type.Arrow()
		if got.name != c.Name || got.nullable != c.Type.Nullable || got.typ == nil || !sameType(got.typ, want) {
			return fmt.Errorf("column %d is %s instead of %s %s: %w", i+1, got, c.Name, want, errDiffers)
		}
	}
	return nil
}

// sameType compares types, and the names of lists' elements, which arrow leaves out.
func sameType(got, want arrow.DataType) bool {
	g, isList := got.(*arrow.ListType)
	w, wantList := want.(*arrow.ListType)
	return arrow.TypeEqual(got, want) && (!isList || !wantList || g.ElemField().Name == w.ElemField().Name)
}

func sameMetadata(keys, values []string, want map[string]string) bool {
	read := map[string]string{}
	for i, k := range keys {
		read[k] = values[i]
	}
	return maps.Equal(read, want) && len(keys) == len(slices.Compact(slices.Sorted(slices.Values(keys))))
}
