// Package parquetio writes and reads tables as Parquet. It takes record batches and writes one file, reads files of
// any origin in batches, and checks that a file holds the values written. It writes with parquet-go and reads with
// arrow-go, so that neither library checks its own work. It never opens or renames a file, and knows nothing of text
// formats.
package parquetio

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Encoder writes record batches as one Parquet file. It encodes and compresses pages
// as they fill, so that memory holds a row group only compressed.
type Encoder struct {
	writer  *parquet.GenericWriter[any]
	footer  *footer
	order   *Order
	columns []*column
	workers errgroup.Group // compress pages ahead
	group   int            // rows in a full row group
	rows    int            // rows in the open one
}

// Measured over rows like CIViC's evidence: smaller pages cost 3 to 8 % in size,
// larger ones gain nothing; see BenchmarkOutput.
const (
	pageRows        = 20_000 // parquet-java's: what a reader skips at a time
	pageBytes       = 1 << 20
	dictionaryBytes = 8 << 20
)

// Options say how to write a Parquet file.
type Options struct {
	Columns      []schemas.Column
	Key          []string // its values are unique: no dictionary if it is one column; rows may be sorted by it
	Metadata     map[string]string
	RowGroupRows int
	Narrow       int            // divides the memory of the encoder, where many are open
	Codec        compress.Codec // of the pages
	Pages        *Pages         // hold encoded pages until their row group ends; nil: memory
}

// NewEncoder makes an encoder that writes to w, which stays open.
func NewEncoder(w io.Writer, o Options) *Encoder {
	e := &Encoder{group: o.RowGroupRows, footer: &footer{Writer: w}, order: NewOrder(o.keyColumns())}
	e.workers.SetLimit(runtime.GOMAXPROCS(0))
	root := message{}
	for i, c := range o.Columns {
		col := newColumn(i, c.Type)
		col.limits = pageLimits{rows: pageRows / o.Narrow, bytes: pageBytes / o.Narrow}
		if worthDictionary(c, o.Key) {
			col.dict = newDictionaryType(c.Type.Kind, e.group, o.Narrow)
		}
		if worthAhead(col, o.Codec) {
			col.ahead = &ahead{Codec: o.Codec, workers: &e.workers, limits: col.limits, nullable: c.Type.Nullable}
		}
		root.fields = append(root.fields, parquet.Group{c.Name: node(col)}.Fields()[0])
		e.columns = append(e.columns, col)
	}
	options := append(o.writerOptions(), parquet.Compression(o.Codec), parquet.NewSchema("schema", root))
	e.writer = parquet.NewGenericWriter[any](e.footer, options...)
	for i, w := range e.writer.ColumnWriters() {
		e.columns[i].writer = w
	}
	return e
}

// keyColumns are the indexes of the columns of the key. A column of the partition has one value in the file.
func (o Options) keyColumns() []int {
	var indexes []int
	for _, name := range o.Key {
		if i := slices.IndexFunc(o.Columns, func(c schemas.Column) bool { return c.Name == name }); i >= 0 {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// worthDictionary excludes columns with unique values, and booleans.
func worthDictionary(c schemas.Column, key []string) bool {
	unique := len(key) == 1 && key[0] == c.Name
	return !unique && c.Type.Kind != schemas.Bool
}

// writerOptions asks for pages of version 1, which every reader knows, in a file of version 2, and for statistics in
// the footer and the page index only. Equal data give equal files.
func (o Options) writerOptions() []parquet.WriterOption {
	options := []parquet.WriterOption{
		parquet.CreatedBy("civic-etl", "1", "parquet-go"),
		parquet.DataPageVersion(1),
		parquet.DataPageStatistics(false),
		parquet.DictionaryMaxBytes(2 * dictionaryBytes), // more than dictionaryType allows
		parquet.PageBufferSize(16 * pageBytes),          // more than column.endPage allows
		parquet.WriteBufferSize(0),                      // the sink has one
		parquet.ColumnIndexSizeLimit(func([]string) int { return BoundSize }),
	}
	if o.Pages != nil {
		options = append(options, parquet.ColumnPageBuffers(o.Pages))
	}
	for k, v := range o.Metadata {
		options = append(options, parquet.KeyValueMetadata(k, v))
	}
	return options
}

// Write encodes a batch, its columns in parallel.
func (e *Encoder) Write(ctx context.Context, batch arrow.RecordBatch) error {
	if err := e.order.Add(batch); err != nil {
		return err
	}
	n := int(batch.NumRows())
	for from := 0; from < n; {
		to := min(n, from+e.group-e.rows)
		if err := e.encode(ctx, batch, from, to); err != nil {
			return err
		}
		e.rows += to - from
		if e.rows == e.group {
			if err := e.endGroup(ctx); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

func (e *Encoder) encode(ctx context.Context, batch arrow.RecordBatch, from, to int) error {
	defer func() { _ = e.workers.Wait() }() // each job keeps its own error
	parallel := to - from
	if size(batch) > oneByOne {
		parallel = 0
	}
	return e.each(ctx, parallel, bySize(batch, e.columns), func(c *column) error {
		a := batch.Column(c.index)
		if err := c.addDigest(a, from, to); err != nil {
			return err
		}
		return c.add(a, from, to)
	})
}

// oneByOne is the size of a batch whose columns are encoded one after the other, so that a few long texts do not take
// memory for several copies at once. Batches of usual texts are smaller.
const oneByOne = 16 << 20

func size(batch arrow.RecordBatch) (bytes uint64) {
	for _, c := range batch.Columns() {
		bytes += c.Data().SizeInBytes()
	}
	return bytes
}

// bySize puts the columns with most data first: started last, one of them would keep a single core
// busy while the others wait.
func bySize(batch arrow.RecordBatch, columns []*column) []*column {
	size := func(c *column) uint64 { return batch.Column(c.index).Data().SizeInBytes() }
	return slices.SortedStableFunc(slices.Values(columns), func(a, b *column) int { return cmp.Compare(size(b), size(a)) })
}

func (e *Encoder) endGroup(ctx context.Context) error {
	if err := e.each(ctx, e.rows, e.columns, (*column).endGroup); err != nil {
		return err
	}
	e.rows = 0
	return e.writer.Flush()
}

// each calls do for each column, in parallel if there are enough rows.
func (e *Encoder) each(ctx context.Context, rows int, columns []*column, do func(*column) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	if rows < valueBatch {
		g.SetLimit(1)
	}
	for _, c := range columns {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(c)
		})
	}
	return g.Wait()
}

// Sums returns the checksums of the columns.
func (e *Encoder) Sums() []digest.Sum {
	out := make([]digest.Sum, len(e.columns))
	for i, c := range e.columns {
		out[i] = digest.Join(c.groups)
	}
	return out
}

// Close writes the last row group and the footer. The sink stays open.
func (e *Encoder) Close(ctx context.Context) error {
	if err := e.endGroup(ctx); err != nil {
		return err
	}
	e.footer.hold = true
	if err := e.writer.Close(); err != nil {
		return err
	}
	return e.footer.finish(e.Sorted())
}

// Sorted lists the columns that the rows are sorted by, as the footer says.
func (e *Encoder) Sorted() []int { return e.order.Sorted() }
