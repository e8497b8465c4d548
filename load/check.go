package load

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/internal/digest"
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

func check(ctx context.Context, fs FS, f landed, workers int) (err error) {
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
		err = checkParquet(ctx, file, f, workers)
	default:
		err = checkText(ctx, file, f)
	}
	if err != nil {
		return fmt.Errorf("re-read %s: %w", f.result.Path, err)
	}
	return nil
}

// sameShape compares the columns of a Parquet file with those meant.
func sameShape(read []stored, f landed) error {
	if len(read) != len(f.layout.columns) {
		return fmt.Errorf("%d columns instead of %d: %w", len(read), len(f.layout.columns), digest.ErrDiffers)
	}
	for i, c := range f.layout.columns {
		got, want := read[i], c.Type.Arrow()
		if got.name != c.Name || got.nullable != c.Type.Nullable || got.typ == nil || !sameType(got.typ, want) {
			return fmt.Errorf("column %d is %s instead of %s %s: %w", i+1, got, c.Name, want, digest.ErrDiffers)
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
