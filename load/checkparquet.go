package load

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"golang.org/x/sync/errgroup"
)

// readRows is how many rows are decoded at a time.
const readRows = 4096

// checkParquet compares a file as arrow-go reads it, and its bytes. Memory is
// bounded by a page and a batch for each worker.
func checkParquet(ctx context.Context, open File, f landed, workers int) error {
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled, properties.BufferSize = true, sinkBuffer
	properties.MaxUncompressedPageSize, properties.MaxCompressedPageSize = 1<<31-1, 1<<31-1
	plain, err := file.NewParquetReader(open, file.WithReadProps(properties))
	if err != nil {
		return fmt.Errorf("%w: %w", err, errDiffers)
	}
	r, err := pqarrow.NewFileReader(plain, pqarrow.ArrowReadProperties{BatchSize: readRows}, memory.DefaultAllocator)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errDiffers)
	}
	schema, err := r.Schema()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errDiffers)
	}
	if err := sameShape(schema, f); err != nil {
		return err
	}
	meta := plain.MetaData().KeyValueMetadata()
	if !sameMetadata(meta.Keys(), meta.Values(), f.layout.metadata) {
		return fmt.Errorf("other key-value metadata: %w", errDiffers)
	}
	return readColumns(ctx, open, r, f, workers)
}

func readColumns(ctx context.Context, open File, r *pqarrow.FileReader, f landed, workers int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	g.Go(func() error {
		return newTally(io.NewSectionReader(open, 0, 1<<62)).compare(f)
	})
	read := make([]sum, len(f.layout.columns))
	for _, i := range largestFirst(r, len(read)) {
		g.Go(func() (err error) {
			read[i], err = readColumn(ctx, r, f, i)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return f.compare(read)
}

func readColumn(ctx context.Context, r *pqarrow.FileReader, f landed, i int) (read sum, err error) {
	column := f.layout.columns[i]
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("column %s: %v: %w", column.Name, p, errDiffers)
		}
	}()
	if column.Type.List {
		read, err = readLists(ctx, r, f, i)
	} else {
		read, err = readFlat(ctx, r.ParquetReader(), f, i)
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("column %s: %w: %w", column.Name, err, errDiffers)
	}
	return read, err
}

// readLists leaves it to arrow-go to make lists of what it decodes.
func readLists(ctx context.Context, r *pqarrow.FileReader, f landed, i int) (sum, error) {
	column, err := r.GetColumn(ctx, i)
	if err != nil {
		return sum{}, err
	}
	defer column.Release()
	d := newDigest(f.layout.columns[i].Type.Arrow())
	for d.rows < uint64(f.result.Rows) {
		if err := ctx.Err(); err != nil {
			return sum{}, err
		}
		chunks, err := column.NextBatch(readRows)
		if err != nil {
			return sum{}, err
		}
		for _, c := range chunks.Chunks() {
			if err := d.add(c); err != nil {
				return sum{}, err
			}
		}
		if chunks.Len() == 0 {
			break
		}
	}
	return d.sum(), nil
}

// largestFirst orders the columns so that none of the large ones is left to
// the end, when the other workers have nothing to do.
func largestFirst(r *pqarrow.FileReader, n int) []int {
	sizes, order := make([]int64, n), make([]int, n)
	for i := range order {
		order[i] = i
		for g := range r.ParquetReader().NumRowGroups() {
			if c, err := r.ParquetReader().MetaData().RowGroup(g).ColumnChunk(i); err == nil {
				sizes[i] += c.TotalUncompressedSize()
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
	return order
}
