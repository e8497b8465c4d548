package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"path"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// table spreads the batches of one table over its files.
type table struct {
	out     *Output
	shape   *schemas.Table
	schema  *arrow.Schema // of the batches
	all     []int         // the batches' columns
	by      []int         // those to partition by
	keep    []int         // the others: those of the files
	inFiles *arrow.Schema
	rows    int64

	layouts []layout // of the files, one for each format

	whole  []*series // not partitioned: one for each format
	router *router   // partitioned
	known  map[string]*destination
	byPath map[string]*destination
}

// destination is a partition: a folder, and the rows of the batch at hand that
// belong there.
type destination struct {
	path   string
	values map[string]*string
	rows   []int32
}

// narrowing divides what an encoder may hold when as many as MaxOpen are open.
const narrowing = 4

func newTable(o *Output, shape *schemas.Table) (*table, error) {
	t := &table{out: o, shape: shape, schema: shape.Arrow(), known: map[string]*destination{}, byPath: map[string]*destination{}}
	for _, name := range shape.PartitionBy {
		i := shape.Index(name)
		switch {
		case i < 0:
			return nil, fmt.Errorf("table %s: no column %q to partition by", shape.Name, name)
		case shape.Columns[i].Type.List:
			return nil, fmt.Errorf("table %s: partition column %s is a list: partition by a column with one value a row", shape.Name, name)
		case slices.Contains(t.by, i):
			return nil, fmt.Errorf("table %s: partitioned by %s twice", shape.Name, name)
		}
		t.by = append(t.by, i)
	}
	var fields []arrow.Field
	for i := range shape.Columns {
		t.all = append(t.all, i)
		if !slices.Contains(t.by, i) {
			t.keep = append(t.keep, i)
			fields = append(fields, t.schema.Field(i))
		}
	}
	if len(t.keep) == 0 {
		return nil, fmt.Errorf("table %s: partitioned by all of its columns, so that no file would hold any: leave one out", shape.Name)
	}
	t.inFiles = arrow.NewSchema(fields, nil)
	t.layouts = t.layoutsOf(t.keep)
	if len(t.by) == 0 {
		t.whole = t.serieses(destination{}, t.layouts)
	} else {
		t.router = newRouter(t, 0)
	}
	return t, nil
}

// layoutsOf are those of files with the columns given.
func (t *table) layoutsOf(columns []int) []layout {
	common := layout{key: t.shape.Key, metadata: t.out.options.Metadata, narrow: 1, codec: t.out.codec, pages: t.out.pages}
	for _, i := range columns {
		common.columns = append(common.columns, t.shape.Columns[i])
	}
	if len(t.by) > 0 {
		common.narrow = narrowing
	}
	var all []layout
	for _, f := range t.out.options.Formats {
		common.format = f
		all = append(all, common)
	}
	return all
}

// serieses are the files of one partition, or of the whole table, in every
// format.
func (t *table) serieses(d destination, layouts []layout) []*series {
	var all []*series
	for i := range layouts {
		l := &layouts[i]
		s := &series{out: t.out, table: t.shape.Name, layout: l, partition: d.values, rowsPerFile: t.out.options.RowsPerFile}
		folder := t.shape.Name + l.format.Extension()
		if len(t.by) == 0 && s.rowsPerFile == 0 {
			s.name = folder
		} else {
			s.dir = path.Join(folder, d.path)
		}
		all = append(all, s)
	}
	return all
}

func (t *table) write(ctx context.Context, batch arrow.RecordBatch) error {
	if !batch.Schema().Equal(t.schema) {
		return fmt.Errorf("a batch of other columns than the table's: %s instead of %s", batch.Schema(), t.schema)
	}
	if batch.NumRows() == 0 {
		return nil
	}
	t.rows += batch.NumRows()
	if t.router != nil {
		return t.router.write(ctx, batch)
	}
	return writeAll(ctx, t.whole, batch)
}

// writeAll writes a batch in every format at once.
func writeAll(ctx context.Context, all []*series, batch arrow.RecordBatch) error {
	if len(all) == 1 {
		return all[0].write(ctx, batch)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range all {
		g.Go(func() error { return s.write(ctx, batch) })
	}
	return g.Wait()
}

func (t *table) close(ctx context.Context) error {
	if t.router != nil {
		if err := t.router.close(ctx); err != nil {
			return err
		}
		if len(t.known) > 0 {
			return nil
		}
		// No row, so no partition whose path could carry the partition columns:
		// the one empty file has them all, for a reader to see the table's shape.
		t.whole = t.serieses(destination{}, t.layoutsOf(t.all))
	}
	for _, s := range t.whole {
		if err := s.close(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) abandon() {
	for _, s := range t.whole {
		s.abandon()
	}
	if t.router != nil {
		t.router.abandon()
	}
}

// split sorts the rows of a batch by partition, in order of appearance. The
// destinations' rows are valid until the next call.
func (t *table) split(batch arrow.RecordBatch) ([]*destination, error) {
	texts := make([]textio.Cell, len(t.by))
	for i, c := range t.by {
		var err error
		if texts[i], err = hive.Text(t.shape.Columns[c], batch.Column(c)); err != nil {
			return nil, err
		}
	}
	var touched []*destination
	var key []byte
	for row := range int(batch.NumRows()) {
		var err error
		if key, err = t.partitionKey(key[:0], texts, batch, row); err != nil {
			return nil, err
		}
		d := t.known[string(key)]
		if d == nil {
			if d, err = t.destination(key); err != nil {
				return nil, err
			}
		}
		if len(d.rows) == 0 {
			touched = append(touched, d)
		}
		d.rows = append(d.rows, int32(row))
	}
	return touched, nil
}

// partitionKey appends the values of the partition columns: 0 for null, else
// the length plus one and the text.
func (t *table) partitionKey(key []byte, texts []textio.Cell, batch arrow.RecordBatch, row int) ([]byte, error) {
	var text []byte
	for i, c := range t.by {
		if batch.Column(c).IsNull(row) {
			key = binary.AppendUvarint(key, 0)
			continue
		}
		var err error
		if text, err = texts[i](text[:0], row); err != nil {
			return nil, fmt.Errorf("partition column %s: %w", t.shape.Columns[c].Name, err)
		}
		key = append(binary.AppendUvarint(key, uint64(len(text))+1), text...)
	}
	return key, nil
}

// destination finds the partition of values met for the first time. Null and
// the empty string share one.
func (t *table) destination(key []byte) (*destination, error) {
	var values []hive.Value
	for rest := key; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		rest = rest[n:]
		if size == 0 {
			values = append(values, hive.Value{Null: true})
			continue
		}
		values = append(values, hive.Value{Text: string(rest[:size-1])})
		rest = rest[size-1:]
	}
	folder, err := hive.Path(t.shape.PartitionBy, values)
	if err != nil {
		return nil, err
	}
	d := t.byPath[folder]
	if d == nil {
		d = &destination{path: folder, values: map[string]*string{}}
		for i, c := range t.shape.PartitionBy {
			d.values[c] = nil
			if v := values[i]; !v.Null && v.Text != "" {
				d.values[c] = &v.Text
			}
		}
		t.byPath[folder] = d
	}
	t.known[string(key)] = d
	return d, nil
}
