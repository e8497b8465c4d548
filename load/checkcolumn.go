package load

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// readFlat makes the digest of a column without lists straight from the pages
// that arrow-go decodes: building arrays of them would take half as long again.
func readFlat(ctx context.Context, r *file.Reader, f landed, i int) (sum, error) {
	typ := f.layout.columns[i].Type
	d := newDigest(typ.Arrow())
	for g := range r.NumRowGroups() {
		chunk, err := r.RowGroup(g).Column(i)
		if err == nil {
			err = errors.Join(d.addChunk(ctx, chunk, typ.Nullable), chunk.Close())
		}
		if err != nil {
			return sum{}, err
		}
	}
	return d.sum(), nil
}

func (d *digest) addChunk(ctx context.Context, chunk file.ColumnChunkReader, nullable bool) error {
	switch c := chunk.(type) {
	case *file.ByteArrayColumnChunkReader:
		return addPages(ctx, c, d, nullable, func(v parquet.ByteArray) { d.addText(v) })
	case *file.Int32ColumnChunkReader:
		return addPages(ctx, c, d, nullable, func(v int32) { d.add4(uint32(v)) })
	case *file.Int64ColumnChunkReader:
		return addPages(ctx, c, d, nullable, func(v int64) { d.add8(uint64(v)) })
	case *file.Float64ColumnChunkReader:
		return addPages(ctx, c, d, nullable, func(v float64) { d.add8(math.Float64bits(v)) })
	case *file.BooleanColumnChunkReader:
		return addPages(ctx, c, d, nullable, func(v bool) {
			if v {
				d.addByte(1)
			} else {
				d.addByte(0)
			}
		})
	}
	return fmt.Errorf("no column may hold %s", chunk.Type())
}

// pageReader is a column chunk of arrow-go's. Values are good until the next
// call; a level of 0 stands for a null, which has no value.
type pageReader[T any] interface {
	HasNext() bool
	Err() error
	ReadBatchInPage(size int64, values []T, definitions, repetitions []int16) (levels int64, read int, err error)
}

func addPages[T any](ctx context.Context, chunk pageReader[T], d *digest, nullable bool, add func(T)) error {
	values := make([]T, readRows)
	var levels []int16
	if nullable {
		levels = make([]int16, readRows)
	}
	for chunk.HasNext() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, read, err := chunk.ReadBatchInPage(readRows, values, levels, nil)
		if err != nil {
			return err
		}
		if n == 0 {
			return errors.New("a page ends early")
		}
		next := values[:read]
		for i := range n {
			switch {
			case nullable && levels[i] == 0:
				d.addNull()
			case len(next) == 0:
				return errors.New("a page has fewer values than it says")
			default:
				add(next[0])
				next = next[1:]
			}
		}
	}
	return chunk.Err()
}
