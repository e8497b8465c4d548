package load

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// outputFile is a data file of the output, with what Close compares it with.
type outputFile struct {
	manifest.File
	table  string
	layout *layout
	staged string // its path in the stage
	sums   []digest.Sum
	sorted []int         // Parquet: columns that the rows are sorted by
	hash   xxh3.Uint128  // of the bytes
	check  *textio.Check // of a text file that is read back while it is written
}

// fileWriter writes the files of one table or partition in one format: one file, or several of rowsPerFile rows.
type fileWriter struct {
	out         *Output
	table       string
	layout      *layout
	partition   map[string]*string
	dir         string // of the numbered files, below the target; "" for a single file
	name        string // of the single file
	rowsPerFile int64

	count   int // files opened
	sink    *disk.Sink
	encoder encoder
	file    outputFile
}

func (w *fileWriter) write(ctx context.Context, batch arrow.RecordBatch) error {
	for from, n := int64(0), batch.NumRows(); from < n; {
		if err := w.open(); err != nil {
			return err
		}
		to := n
		if w.rowsPerFile > 0 {
			to = min(n, from+w.rowsPerFile-w.file.Rows)
		}
		part := batch.NewSlice(from, to)
		err := w.encode(ctx, part)
		part.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", w.file.Path, err)
		}
		w.file.Rows += to - from
		if w.file.Rows == w.rowsPerFile {
			if err := w.finish(ctx); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// open opens the next file unless one is open.
func (w *fileWriter) open() error {
	if w.sink != nil {
		return nil
	}
	name := w.name
	if name == "" {
		name = path.Join(w.dir, fmt.Sprintf("part-%05d%s", w.count, w.layout.format.Extension()))
	}
	staged, err := w.out.stage.Prepare(name)
	if err != nil {
		return err
	}
	w.file = outputFile{table: w.table, layout: w.layout, staged: staged, File: manifest.File{Path: name,
		Format: w.layout.format.Name, Partition: w.partition, Null: w.layout.format.Null,
		Squish: w.layout.format.Squish, Empty: w.layout.format.Empty}}
	if w.sink, err = disk.NewSink(w.out.stage.FS, staged); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.count++
	if w.layout.readsBack() {
		w.file.check = textio.NewCheck(w.layout.text())
	}
	if w.encoder, err = w.layout.encoder(w.sink, w.partition); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readBackBytes is the amount of text that is read back at once.
const readBackBytes = 256 << 10

// encode writes a batch, and at the same time reads back earlier batches.
func (w *fileWriter) encode(ctx context.Context, batch arrow.RecordBatch) error {
	check, written := w.file.check, w.sink.Size
	if check == nil || written-check.Bytes() < readBackBytes {
		return w.encoder.Write(ctx, batch)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := check.Follow(ctx, w.sink.File, written); err != nil {
			return fmt.Errorf("re-read: %w", err)
		}
		return nil
	})
	err := w.encoder.Write(ctx, batch)
	return errors.Join(g.Wait(), err)
}

// finish completes the open file and adds it to the output.
func (w *fileWriter) finish(ctx context.Context) error {
	if err := w.encoder.Close(ctx); err != nil {
		return fmt.Errorf("%s: %w", w.file.Path, err)
	}
	sink := w.sink
	w.sink = nil
	if err := sink.Finish(); err != nil {
		return fmt.Errorf("%s: %w", w.file.Path, err)
	}
	w.file.Bytes, w.file.SHA256, w.file.hash = sink.Size, sink.SHA256(), sink.Hash()
	w.file.sums = w.encoder.Sums()
	if l, ok := w.encoder.(leaver); ok {
		w.file.LeftOut = l.LeftOut()
		w.file.Rows -= w.file.LeftOutRows()
	}
	if e, ok := w.encoder.(*parquetio.Encoder); ok {
		w.file.sorted = e.Sorted()
	}
	w.encoder = nil
	w.out.addFile(w.file)
	return nil
}

// close finishes the last file. Without rows, it writes an empty file.
func (w *fileWriter) close(ctx context.Context) error {
	if w.sink == nil && w.count > 0 {
		return nil
	}
	if err := w.open(); err != nil {
		return err
	}
	return w.finish(ctx)
}

// abandon closes the open file, if any.
func (w *fileWriter) abandon() {
	if w.sink != nil {
		w.sink.Abandon()
		w.sink = nil
	}
}
