package parquetio

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/internal/digest"
)

// readChunk makes the digest of a column's part of a row group straight from the
// pages that arrow-go decodes: building arrays of them would take half as long again.
func readChunk(ctx context.Context, group *file.RowGroupReader, c StoredColumn) (digest.Sum, error) {
	d := digest.New(c.Type)
	values, leaf := d, c.Type
	if d.Elem() != nil {
		values, leaf = d.Elem(), c.Type.(*arrow.ListType).Elem()
	}
	var err error
	switch leaf.ID() {
	case arrow.STRING:
		err = digestPages(ctx, group, c, d, func(v parquet.ByteArray) int { values.AddText(v); return 0 })
	case arrow.INT32, arrow.DATE32:
		err = digestPages(ctx, group, c, d, func(v int32) int { values.Add4(uint32(v)); return 0 })
	case arrow.INT64, arrow.TIMESTAMP:
		err = digestPages(ctx, group, c, d, func(v int64) int { values.Add8(uint64(v)); return 0 })
	case arrow.FLOAT64:
		err = digestPages(ctx, group, c, d, func(v float64) int { values.Add8(math.Float64bits(v)); return 0 })
	case arrow.BOOL:
		err = digestPages(ctx, group, c, d, func(v bool) int { values.AddBool(v); return 0 })
	default:
		err = fmt.Errorf("no column may hold %s", leaf)
	}
	return d.Sum(), err
}

func digestPages[T any](ctx context.Context, group *file.RowGroupReader, c StoredColumn, d *digest.Digest, value func(T) int) error {
	to := &receiver[T]{null: d.AddNull, begin: d.BeginList, value: value, end: d.EndList}
	if d.Elem() != nil {
		to.missing = d.Elem().AddNull
	}
	chunk, err := group.Column(c.leaf)
	if err != nil {
		return err
	}
	from, rows := newCells[T](c.levels), 0
	if err = from.start(chunk); err == nil {
		rows, err = from.take(ctx, everything, to)
	}
	if err = errors.Join(err, chunk.Close()); err == nil && int64(rows) != group.NumRows() {
		err = fmt.Errorf("%d rows instead of %d", rows, group.NumRows())
	}
	return err
}
