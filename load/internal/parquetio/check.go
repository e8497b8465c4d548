package parquetio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// Want is what a file must hold.
type Want struct {
	Columns  []schemas.Column
	Metadata map[string]string
	Rows     int64
	Sums     []digest.Sum // of the columns
	Sorted   []int        // columns that the rows are sorted by
	Bytes    int64
	Hash     xxh3.Uint128 // of the bytes
}

// Check compares a file as arrow-go reads it, and its bytes, with want. Each worker
// holds a page and some rows of a column.
func Check(ctx context.Context, f disk.File, want Want, workers int) error {
	r, columns, err := open(f, math.MaxInt32)
	if err != nil {
		return differs(err)
	}
	if err := checkFooter(r, columns, want); err != nil {
		return differs(err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	g.Go(func() error {
		return (&digest.Tally{Reader: io.NewSectionReader(f, 0, math.MaxInt64)}).Compare(want.Bytes, want.Hash)
	})
	sums := make([][]digest.Sum, len(columns))
	for i := range sums {
		sums[i] = make([]digest.Sum, r.NumRowGroups())
	}
	for _, c := range chunks(r, columns) {
		g.Go(func() (err error) {
			sums[c.column][c.group], err = sumChunk(ctx, r.RowGroup(c.group), columns[c.column])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	joined := make([]digest.Sum, len(columns))
	for i, groups := range sums {
		joined[i] = digest.Join(groups)
	}
	return digest.Compare(want.Columns, joined, want.Sums, want.Rows)
}

func differs(err error) error { return fmt.Errorf("%w: %w", err, digest.ErrDiffers) }

func checkFooter(r *file.Reader, columns []Column, want Want) error {
	if err := checkColumns(columns, want.Columns); err != nil {
		return err
	}
	if r.NumRows() != want.Rows {
		return fmt.Errorf("the footer says %d rows instead of %d", r.NumRows(), want.Rows)
	}
	for g := range r.NumRowGroups() {
		if !slices.Equal(Sorting(r, g), want.Sorted) {
			return fmt.Errorf("row group %d says that its rows are sorted by other columns", g)
		}
	}
	pairs := r.MetaData().KeyValueMetadata()
	metadata := map[string]string{}
	for i, k := range pairs.Keys() {
		metadata[k] = pairs.Values()[i]
	}
	if !maps.Equal(metadata, want.Metadata) || len(metadata) < pairs.Len() {
		return errors.New("other key-value metadata")
	}
	return nil
}

// Sorting lists the leaves that the rows of a group are sorted by, as the footer says: ascending, up to the first that
// is not.
func Sorting(r *file.Reader, group int) []int {
	var leaves []int
	for _, s := range r.MetaData().RowGroup(group).SortingColumns() {
		if s.Descending {
			break
		}
		leaves = append(leaves, int(s.ColumnIdx))
	}
	return leaves
}

func checkColumns(read []Column, want []schemas.Column) error {
	if len(read) != len(want) {
		return fmt.Errorf("%d columns instead of %d", len(read), len(want))
	}
	for i, c := range want {
		got, typ := read[i], c.Type.Arrow()
		if got.Name != c.Name || got.Nullable != c.Type.Nullable || got.Type == nil || !sameType(got.Type, typ) {
			return fmt.Errorf("column %d is %s instead of %s %s", i+1, got, c.Name, typ)
		}
	}
	return nil
}

// sameType compares types and the names of list elements, which arrow.TypeEqual ignores.
func sameType(got, want arrow.DataType) bool {
	g, isList := got.(*arrow.ListType)
	w, wantList := want.(*arrow.ListType)
	return arrow.TypeEqual(got, want) && (!isList || !wantList || g.ElemField().Name == w.ElemField().Name)
}

// chunk is a column of a row group.
type chunk struct {
	column, group int
	size          int64
}

// chunks lists the chunks of a file, the largest first: started last, a column of
// statements would keep one worker busy while the others wait.
func chunks(r *file.Reader, columns []Column) []chunk {
	var all []chunk
	for g := range r.NumRowGroups() {
		for i, column := range columns {
			c := chunk{column: i, group: g}
			if meta, err := r.MetaData().RowGroup(g).ColumnChunk(column.leaf); err == nil {
				c.size = meta.TotalUncompressedSize()
			}
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b chunk) int { return cmp.Compare(b.size, a.size) })
	return all
}

// sumChunk makes the digest of a chunk from the values that arrow-go decodes. It
// builds no arrays: they would take half as long again.
func sumChunk(ctx context.Context, group *file.RowGroupReader, c Column) (sum digest.Sum, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("column %s: %w", c.Name, differs(err))
		}
	}()
	d := digest.New(c.Type)
	var elements values.Receiver = d
	if d.Elem() != nil {
		elements = d.Elem()
	}
	reader, err := newChunkReader(c, d, elements)
	if err != nil {
		return sum, err
	}
	chunk, err := group.Column(c.leaf)
	if err != nil {
		return sum, err
	}
	var rows int
	if err = reader.open(chunk); err == nil {
		rows, err = reader.read(ctx, unlimited)
	}
	if err = errors.Join(err, chunk.Close()); err == nil && int64(rows) != group.NumRows() {
		err = fmt.Errorf("%d rows instead of %d", rows, group.NumRows())
	}
	return d.Sum(), err
}
