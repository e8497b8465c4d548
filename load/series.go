package load

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// encoder turns record batches into the bytes of one file. It keeps nothing of
// a batch, and leaves the file it writes to open.
type encoder interface {
	Write(ctx context.Context, batch arrow.RecordBatch) error
	Close(ctx context.Context) error
	Sums() []digest.Sum // of the columns, after Close
}

// layout is what all files of one table in one format have in common.
type layout struct {
	format   format.Format
	columns  []schemas.Column // of the files
	key      []string
	metadata map[string]string
	narrow   int              // divides what an encoder may hold, where many are open
	codec    compress.Codec   // parquet: of the pages
	pages    *parquetio.Pages // parquet: where they wait for their row group
}

func (l *layout) encoder(w io.Writer) (encoder, error) {
	if l.format.Name == "parquet" {
		o, err := l.parquet()
		if err != nil {
			return nil, err
		}
		return parquetio.NewEncoder(w, o), nil
	}
	return textio.NewEncoder(w, l.text())
}

// text describes the files if they are text.
func (l *layout) text() textio.Options {
	return textio.Options{Format: l.format, Columns: l.columns, Narrow: l.narrow}
}

// parquet describes the files if they are Parquet.
func (l *layout) parquet() (o parquetio.Options, err error) {
	codec := l.codec
	if codec == nil {
		codec, err = parquetio.Codec(l.format)
	}
	rows := cmp.Or(l.format.RowGroupRows, format.DefaultRowGroupRows)
	return parquetio.Options{Columns: l.columns, Key: l.key, Metadata: l.metadata, RowGroupRows: rows,
		Narrow: l.narrow, Codec: codec, Pages: l.pages}, err
}

// landed is a finished file, with what its columns were meant to hold.
type landed struct {
	table  string
	layout *layout
	result manifest.File
	staged string // its path in the stage
	sums   []digest.Sum
	bytes  xxh3.Uint128  // hash of the file
	check  *textio.Check // of a text file that is read back while it is written
}

// series writes the files of one table, or of one partition of it, in one
// format: one file, or one after another of rowsPerFile rows.
type series struct {
	out         *Output
	table       string
	layout      *layout
	partition   map[string]*string
	dir         string // of the numbered files below the target; "" for a single file
	name        string // of the single file
	rowsPerFile int64

	count   int // files begun
	sink    *disk.Sink
	encoder encoder
	file    landed
}

// write appends a batch to the series.
func (s *series) write(ctx context.Context, batch arrow.RecordBatch) error {
	for from, n := int64(0), batch.NumRows(); from < n; {
		if err := s.begin(); err != nil {
			return err
		}
		to := n
		if s.rowsPerFile > 0 {
			to = min(n, from+s.rowsPerFile-s.file.result.Rows)
		}
		part := batch.NewSlice(from, to)
		err := s.encode(ctx, part)
		part.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", s.file.result.Path, err)
		}
		s.file.result.Rows += to - from
		if s.file.result.Rows == s.rowsPerFile {
			if err := s.end(ctx); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// begin opens the next file unless one is open.
func (s *series) begin() error {
	if s.sink != nil {
		return nil
	}
	name := s.name
	if name == "" {
		name = path.Join(s.dir, fmt.Sprintf("part-%05d%s", s.count, s.layout.format.Extension()))
	}
	staged, err := s.out.stage.Prepare(name)
	if err != nil {
		return err
	}
	s.file = landed{table: s.table, layout: s.layout, staged: staged, result: manifest.File{Path: name, Format: s.layout.format.Name, Partition: s.partition, Null: s.layout.format.Null}}
	if s.sink, err = disk.NewSink(s.out.stage.FS, staged); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.count++
	if s.layout.follows() {
		s.file.check = textio.NewCheck(s.layout.text())
	}
	if s.encoder, err = s.layout.encoder(s.sink); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// end makes the open file whole and notes it as landed.
func (s *series) end(ctx context.Context) error {
	if err := s.encoder.Close(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.file.result.Path, err)
	}
	sink := s.sink
	s.sink = nil
	if err := sink.Finish(); err != nil {
		return fmt.Errorf("%s: %w", s.file.result.Path, err)
	}
	s.file.result.Bytes, s.file.result.SHA256 = sink.Size, sink.SHA256()
	s.file.bytes = sink.Bytes.Sum128()
	s.file.sums = s.encoder.Sums()
	s.encoder = nil
	s.out.land(s.file)
	return nil
}

// close ends the series. One that no row came to gets an empty file.
func (s *series) close(ctx context.Context) error {
	if s.sink == nil && s.count > 0 {
		return nil
	}
	if err := s.begin(); err != nil {
		return err
	}
	return s.end(ctx)
}

// abandon closes the open file, of which nothing will come.
func (s *series) abandon() {
	if s.sink != nil {
		s.sink.Abandon()
		s.sink = nil
	}
}
