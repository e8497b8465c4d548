package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/load/internal/vcf"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Options say what to write, and where.
type Options struct {
	Target      string // the folder to publish; missing parents are made
	Tables      []*schemas.Table
	Formats     []format.Format
	RowsPerFile int64             // 0: one file per table or partition
	Staging     string            // where finished output waits if on the same file system; "": beside the target
	MaxOpen     int               // maximum number of open partition files, 32 by default
	Metadata    map[string]string // key-value metadata of Parquet files
	Notice      func(string)      // receives notices for the user; may be nil
	FS          disk.FS           // the real one by default
}

const defaultMaxOpen = 32

// Output is a set of tables until they are published. One goroutine at a time may use it; Reject is safe for more.
type Output struct {
	options Options
	stage   *publish.Stage
	tables  []*table
	rejects *rejects
	results map[string]manifest.Table
	state   state
	codec   compress.Codec // of Parquet pages
	pages   *parquetio.Pages
	genomes vcf.Genomes

	mu    sync.Mutex
	files []outputFile
}

type state string

const (
	writing     state = "open"
	failed      state = "failed"
	closed      state = "closed"
	isPublished state = "published"
	aborted     state = "aborted"
)

// Create checks that the target can be published, removes what crashed runs left beside it, and makes the stage. The
// caller must call Abort at the end.
func Create(o Options) (*Output, error) {
	o.MaxOpen = cmp.Or(o.MaxOpen, defaultMaxOpen)
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.FS == nil {
		o.FS = disk.OS{}
	}
	out := &Output{options: o, rejects: &rejects{counts: map[string]int64{}}, state: writing}
	out.pages = parquetio.NewPages(out.createPages)
	if err := out.plan(); err != nil {
		return nil, err
	}
	var err error
	if out.stage, err = publish.NewStage(o.FS, o.Target, o.Staging, o.Notice); err != nil {
		return nil, fmt.Errorf("output folder: %w", disk.WithHint(err))
	}
	return out, nil
}

// plan checks the tables and formats.
func (o *Output) plan() error {
	if len(o.options.Formats) == 0 {
		return fmt.Errorf("no format to write: use one of %s", strings.Join(format.Names(), ", "))
	}
	for i, f := range o.options.Formats {
		if err := f.Check(); err != nil {
			return err
		}
		if slices.ContainsFunc(o.options.Formats[:i], func(g format.Format) bool { return f.Name == g.Name }) {
			return fmt.Errorf("format %s is listed twice", f.Name)
		}
		var err error
		switch f.Name {
		case "parquet":
			o.codec, err = parquetio.Codec(f)
		case "vcf":
			o.genomes, err = vcf.OpenGenomes(f)
		}
		if err != nil {
			return err
		}
	}
	names := map[string]bool{}
	for _, shape := range o.options.Tables {
		if err := o.checkTable(shape); err != nil {
			return err
		}
		if names[shape.Name] {
			return fmt.Errorf("two tables are called %s", shape.Name)
		}
		names[shape.Name] = true
		t, err := newTable(o, shape)
		if err != nil {
			return err
		}
		o.tables = append(o.tables, t)
	}
	return nil
}

func (o *Output) checkTable(t *schemas.Table) error {
	for _, f := range o.options.Formats {
		if err := f.CheckTable(t); err != nil {
			return err
		}
	}
	if t.Name == "" || strings.ContainsAny(t.Name, "/\x00") || t.Name[0] == '.' || t.Name[0] == '_' {
		return fmt.Errorf("%q cannot be the name of a table: use letters, digits, - and _, a letter first", t.Name)
	}
	if len(t.Columns) == 0 {
		return fmt.Errorf("table %s has no columns", t.Name)
	}
	names := map[string]bool{}
	for _, c := range t.Columns {
		if c.Name == "" || names[c.Name] {
			return fmt.Errorf("table %s: two columns are called %q, or one has no name", t.Name, c.Name)
		}
		names[c.Name] = true
	}
	return nil
}

// Write appends a batch to a table, given by its index in Options.Tables. It does not keep the batch. After an error,
// the output can only be aborted.
func (o *Output) Write(ctx context.Context, table int, batch arrow.RecordBatch) error {
	if err := o.expect(writing, "written to"); err != nil {
		return err
	}
	if table < 0 || table >= len(o.tables) {
		return fmt.Errorf("no table %d to write to", table)
	}
	err := checkText(batch)
	if err == nil {
		err = o.tables[table].write(ctx, batch)
	}
	if err != nil {
		o.state = failed
		return fmt.Errorf("write table %s: %w", o.tables[table].shape.Name, disk.WithHint(err))
	}
	return nil
}

// checkText refuses text that is not UTF-8 also in columns of partitions, which no file holds.
func checkText(batch arrow.RecordBatch) error {
	for i, a := range batch.Columns() {
		if err := values.CheckText(a); err != nil {
			return fmt.Errorf("column %s: %w", batch.ColumnName(i), err)
		}
	}
	return nil
}

// Close finishes and syncs every file, and reads it back with a decoder that did not write it. The output can then be
// published.
func (o *Output) Close(ctx context.Context) ([]manifest.Table, error) {
	if err := o.expect(writing, "closed"); err != nil {
		return nil, err
	}
	o.state = failed
	for _, t := range o.tables {
		if err := t.close(ctx); err != nil {
			return nil, fmt.Errorf("write table %s: %w", t.shape.Name, disk.WithHint(err))
		}
	}
	if err := o.pages.Close(); err != nil {
		return nil, fmt.Errorf("spill pages: %w", disk.WithHint(err))
	}
	if err := o.rejects.close(); err != nil {
		return nil, fmt.Errorf("write %s: %w", manifest.RejectsName, disk.WithHint(err))
	}
	if err := checkAll(ctx, o.options.FS, o.files); err != nil {
		return nil, err
	}
	o.state = closed
	all := o.summarize()
	for _, t := range all {
		if text := t.LeftOut(); text != "" {
			o.options.Notice(text)
		}
	}
	return all, nil
}

func (o *Output) summarize() []manifest.Table {
	slices.SortFunc(o.files, func(a, b outputFile) int { return strings.Compare(a.Path, b.Path) })
	o.results = map[string]manifest.Table{}
	var all []manifest.Table
	for _, t := range o.tables {
		r := manifest.Table{Name: t.shape.Name, Doc: t.shape.Doc, Key: t.shape.Key, Rows: t.rows}
		r.Rejected = o.rejects.counts[r.Name]
		for _, c := range t.shape.Columns {
			r.Columns = append(r.Columns,
				manifest.Column{Name: c.Name, Type: c.Type.String(), Nullable: c.Type.Nullable, Doc: c.Doc})
		}
		for _, f := range o.files {
			if f.table == t.shape.Name {
				r.Files = append(r.Files, f.File)
			}
		}
		r.Content = t.content.Text(r.Head())
		o.results[r.Name] = r
		all = append(all, r)
	}
	return all
}

// PublishAll adds the tables of each output to its manifest, writes this and the success mark, and replaces the
// targets: one target in one step, several all or none. After an error, failed is the index of the output that it is about. The
// targets are then unchanged, unless the error says otherwise, and the outputs can only be aborted.
func PublishAll(outputs []*Output, manifests []*manifest.Manifest) (failed int, err error) {
	stages := make([]*publish.Stage, len(outputs))
	for i, o := range outputs {
		if err := o.writeManifest(manifests[i]); err != nil {
			return i, o.publishError(err)
		}
		stages[i] = o.stage
	}
	if i, err := publish.PublishAll(stages); err != nil {
		return i, outputs[i].publishError(err)
	}
	for _, o := range outputs {
		o.state = isPublished
	}
	return 0, nil
}

// Publish publishes one output, as PublishAll does.
func (o *Output) Publish(m *manifest.Manifest) error {
	_, err := PublishAll([]*Output{o}, []*manifest.Manifest{m})
	return err
}

func (o *Output) publishError(err error) error {
	return fmt.Errorf("publish %s: %w", o.options.Target, disk.WithHint(err))
}

func (o *Output) writeManifest(m *manifest.Manifest) error {
	if err := o.expect(closed, "published"); err != nil {
		return err
	}
	o.state = failed
	m.Version, m.Tables = manifest.Version, o.results
	text, err := m.Encode()
	if err == nil {
		err = o.writeFile(manifest.Name, text)
	}
	if err == nil {
		err = o.writeFile(manifest.SuccessName, nil)
	}
	return err
}

func (o *Output) writeFile(name string, text []byte) error {
	staged, err := o.stage.Prepare(name)
	if err != nil {
		return err
	}
	return disk.WriteFile(o.options.FS, staged, text)
}

// Abort removes the stage and the parents that were made for it. It may be called at any time and repeatedly; after
// Publish it does nothing.
func (o *Output) Abort() error {
	if o.state == isPublished || o.state == aborted {
		return nil
	}
	o.state = aborted
	for _, t := range o.tables {
		t.abandon()
	}
	o.rejects.abandon()
	_ = o.pages.Close()
	if err := o.stage.Remove(); err != nil {
		return fmt.Errorf("remove the stage %s: %w", o.stage.Dir, err)
	}
	return nil
}

// createPages creates the temporary file for pages that do not fit in memory.
func (o *Output) createPages() (file disk.File, remove func() error, err error) {
	name := o.stage.Scratch()
	file, err = o.options.FS.Create(name)
	return file, func() error { return o.options.FS.RemoveAll(name) }, err
}

func (o *Output) addFile(f outputFile) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files = append(o.files, f)
}

func (o *Output) expect(want state, what string) error {
	if o.state != want {
		return fmt.Errorf("an output that is %s cannot be %s", o.state, what)
	}
	return nil
}
