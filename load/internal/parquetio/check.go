package parquetio

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Want is what a file must hold.
type Want struct {
	Columns  []schemas.Column
	Metadata map[string]string
	Rows     int64
	Sums     []digest.Sum // of the columns
	Bytes    int64
	Hash     xxh3.Uint128 // of the bytes
}

// Check compares a file as arrow-go reads it, and its bytes. Memory is
// bounded by a page and a batch for each worker.
func Check(ctx context.Context, open disk.File, want Want, workers int) error {
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled, properties.BufferSize = true, disk.BufferSize
	properties.MaxUncompressedPageSize, properties.MaxCompressedPageSize = 1<<31-1, 1<<31-1
	plain, err := file.NewParquetReader(open, file.WithReadProps(properties))
	if err != nil {
		return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
	}
	columns := storedColumns(plain.MetaData().Schema)
	if err := sameShape(columns, want); err != nil {
		return err
	}
	if plain.NumRows() != want.Rows {
		return fmt.Errorf("the footer says %d rows instead of %d: %w", plain.NumRows(), want.Rows, digest.ErrDiffers)
	}
	meta := plain.MetaData().KeyValueMetadata()
	if !sameMetadata(meta.Keys(), meta.Values(), want.Metadata) {
		return fmt.Errorf("other key-value metadata: %w", digest.ErrDiffers)
	}
	return checkColumns(ctx, open, plain, columns, want, workers)
}

func checkColumns(ctx context.Context, open disk.File, r *file.Reader, columns []StoredColumn, want Want, workers int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	g.Go(func() error {
		return (&digest.Tally{Reader: io.NewSectionReader(open, 0, 1<<62)}).Compare(want.Bytes, want.Hash)
	})
	read := make([][]digest.Sum, len(columns))
	for i := range read {
		read[i] = make([]digest.Sum, r.NumRowGroups())
	}
	for _, part := range largestFirst(r, columns) {
		g.Go(func() (err error) {
			read[part.column][part.group], err = sumChunk(ctx, r.RowGroup(part.group), columns[part.column])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	whole := make([]digest.Sum, len(columns))
	for i, groups := range read {
		whole[i] = digest.Join(groups)
	}
	return digest.Compare(want.Columns, whole, want.Sums, want.Rows)
}

func sumChunk(ctx context.Context, group *file.RowGroupReader, c StoredColumn) (read digest.Sum, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("column %s: %v: %w", c.Name, p, digest.ErrDiffers)
		}
	}()
	read, err = readChunk(ctx, group, c)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("column %s: %w: %w", c.Name, err, digest.ErrDiffers)
	}
	return read, err
}

// chunkAt is a column's part of a row group.
type chunkAt struct {
	column, group int
	size          int64
}

// largestFirst orders the chunks so that none of the large ones is left to
// the end, when the other workers have nothing to do. Statements are most of a file:
// a column in one piece would keep one of them busy alone.
func largestFirst(r *file.Reader, columns []StoredColumn) []chunkAt {
	var order []chunkAt
	for g := range r.NumRowGroups() {
		for i, column := range columns {
			at := chunkAt{column: i, group: g}
			if c, err := r.MetaData().RowGroup(g).ColumnChunk(column.leaf); err == nil {
				at.size = c.TotalUncompressedSize()
			}
			order = append(order, at)
		}
	}
	slices.SortStableFunc(order, func(a, b chunkAt) int { return cmp.Compare(b.size, a.size) })
	return order
}

// sameShape compares the columns of a Parquet file with the wanted ones.
func sameShape(read []StoredColumn, want Want) error {
	if len(read) != len(want.Columns) {
		return fmt.Errorf("%d columns instead of %d: %w", len(read), len(want.Columns), digest.ErrDiffers)
	}
	for i, c := range want.Columns {
		got, typ := read[i], c.Type.Arrow()
		if got.Name != c.Name || got.Nullable != c.Type.Nullable || got.Type == nil || !sameType(got.Type, typ) {
			return fmt.Errorf("column %d is %s instead of %s %s: %w", i+1, got, c.Name, typ, digest.ErrDiffers)
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
