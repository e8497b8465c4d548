package load

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/schemas"
)

// table writes the batches of one table to its files.
type table struct {
	out        *Output
	shape      *schemas.Table
	schema     *arrow.Schema // of the batches
	fileSchema *arrow.Schema // of the files
	all        []int         // columns of the batches
	by         []int         // partition columns
	inFiles    []int         // the other columns
	rows       int64
	content    digest.Content
	layouts    []layout // of the files, one per format

	writers []*fileWriter // without partitions: one per format
	router  *router       // with partitions
	byKey   map[string]*partition
	byPath  map[string]*partition
}

func newTable(o *Output, shape *schemas.Table) (*table, error) {
	t := &table{out: o, shape: shape, schema: shape.Arrow(), byKey: map[string]*partition{},
		byPath: map[string]*partition{}}
	if err := t.findPartitionColumns(); err != nil {
		return nil, err
	}
	var fields []arrow.Field
	for i := range shape.Columns {
		t.all = append(t.all, i)
		if !slices.Contains(t.by, i) {
			t.inFiles = append(t.inFiles, i)
			fields = append(fields, t.schema.Field(i))
		}
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("table %s: partitioned by all columns, so that its files would hold none: leave one out",
			shape.Name)
	}
	t.fileSchema = arrow.NewSchema(fields, nil)
	t.layouts = t.newLayouts(t.inFiles)
	if len(t.by) == 0 {
		t.writers = t.newWriters(partition{}, t.layouts)
	} else {
		t.router = newRouter(t, 0)
	}
	return t, nil
}

func (t *table) findPartitionColumns() error {
	for _, name := range t.shape.PartitionBy {
		i := t.shape.Index(name)
		switch {
		case i < 0:
			return fmt.Errorf("table %s: no column %q to partition by", t.shape.Name, name)
		case t.shape.Columns[i].Type.List:
			return fmt.Errorf("table %s: partition column %s is a list: partition by a column with one value per row",
				t.shape.Name, name)
		case name[0] == '_' || name[0] == '.' || hive.Escape(name) != name:
			return fmt.Errorf("table %s: readers skip or misread the folders of a partition column called %q: rename it",
				t.shape.Name, name)
		case slices.Contains(t.by, i):
			return fmt.Errorf("table %s: partitioned by %s twice", t.shape.Name, name)
		}
		t.by = append(t.by, i)
	}
	return nil
}

// narrowing divides the memory of an encoder in partitioned tables, where many are open.
const narrowing = 4

// newLayouts returns the layouts of files with the given columns.
func (t *table) newLayouts(columns []int) []layout {
	common := layout{key: t.shape.Key, metadata: t.out.options.Metadata, narrow: 1, codec: t.out.codec,
		pages: t.out.pages, genomes: t.out.genomes}
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

// newWriters returns the writers of one partition, or of the whole table, one per format.
func (t *table) newWriters(p partition, layouts []layout) []*fileWriter {
	var all []*fileWriter
	for i := range layouts {
		w := &fileWriter{out: t.out, table: t.shape.Name, layout: &layouts[i], partition: p.values,
			rowsPerFile: t.out.options.RowsPerFile}
		folder := t.shape.Name + layouts[i].format.Extension()
		if len(t.by) == 0 && w.rowsPerFile == 0 {
			w.name = folder
		} else {
			w.dir = path.Join(folder, p.path)
		}
		all = append(all, w)
	}
	return all
}

func (t *table) write(ctx context.Context, batch arrow.RecordBatch) error {
	if !batch.Schema().Equal(t.schema) {
		return fmt.Errorf("the batch does not have the table's columns: %s instead of %s", batch.Schema(), t.schema)
	}
	if batch.NumRows() == 0 {
		return nil
	}
	t.rows += batch.NumRows()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.addContent(batch) })
	g.Go(func() error {
		if t.router != nil {
			return t.router.write(ctx, batch)
		}
		return writeAll(ctx, t.writers, batch)
	})
	return g.Wait()
}

// addContent adds the rows to the checksum of the table.
func (t *table) addContent(batch arrow.RecordBatch) error {
	columns := make([]digest.ContentColumn, batch.NumCols())
	for i, a := range batch.Columns() {
		columns[i] = digest.ContentColumn{Array: a, Partition: slices.Contains(t.by, i)}
	}
	return t.content.Add(columns, int(batch.NumRows()))
}

// writeAll writes a batch in every format in parallel.
func writeAll(ctx context.Context, writers []*fileWriter, batch arrow.RecordBatch) error {
	if len(writers) == 1 {
		return writers[0].write(ctx, batch)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range writers {
		g.Go(func() error { return w.write(ctx, batch) })
	}
	return g.Wait()
}

func (t *table) close(ctx context.Context) error {
	if t.router != nil {
		if err := t.router.close(ctx); err != nil {
			return err
		}
		if len(t.byKey) > 0 {
			return nil
		}
		// Without rows there is no partition. One empty file with all columns shows the table's shape.
		t.writers = t.newWriters(partition{}, t.newLayouts(t.all))
	}
	for _, w := range t.writers {
		if err := w.close(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) abandon() {
	for _, w := range t.writers {
		w.abandon()
	}
	if t.router != nil {
		t.router.abandon()
	}
}
