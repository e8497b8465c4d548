package load

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
)

// spill is a temporary file for rows of partitions that have no open writer: an Arrow stream in checked blocks.
type spill struct {
	fs     disk.FS
	name   string
	file   disk.File
	blocks *blockWriter
	writer *ipc.Writer
	schema *arrow.Schema
}

func newSpill(fs disk.FS, name string, schema *arrow.Schema) (*spill, error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, err
	}
	s := &spill{fs: fs, name: name, file: f, blocks: &blockWriter{to: f}, schema: schema}
	s.writer = ipc.NewWriter(s.blocks, ipc.WithSchema(schema))
	return s, nil
}

func (s *spill) write(batch arrow.RecordBatch) error { return s.writer.Write(batch) }

// close ends the stream.
func (s *spill) close() error {
	err := errors.Join(s.writer.Close(), s.blocks.flush(), s.file.Close())
	s.file = nil
	return err
}

// read calls each with the rows in order. A batch is valid during the call. The decoder of the stream sees only bytes
// whose checksum matched.
func (s *spill) read(each func(arrow.RecordBatch) error) error {
	f, err := s.fs.Open(s.name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r, err := ipc.NewReader(s.blocks.reader(f, s.name), ipc.WithSchema(s.schema))
	if err != nil {
		return err
	}
	defer r.Release()
	batches := merger{schema: s.schema, each: each}
	defer batches.release()
	for r.Next() {
		if err := batches.add(r.RecordBatch()); err != nil {
			return err
		}
	}
	return errors.Join(r.Err(), batches.flush())
}

func (s *spill) abandon() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// merger joins small batches, to save work that is done once per batch and partition.
type merger struct {
	schema  *arrow.Schema
	each    func(arrow.RecordBatch) error
	batches []arrow.RecordBatch
	rows    int64
}

func (m *merger) add(batch arrow.RecordBatch) error {
	batch.Retain()
	m.batches = append(m.batches, batch)
	if m.rows += batch.NumRows(); m.rows < parquetio.BatchRows {
		return nil
	}
	return m.flush()
}

func (m *merger) flush() error {
	if len(m.batches) == 0 {
		return nil
	}
	batch, err := newBatch(m.schema, m.rows, func(column int) (arrow.Array, error) {
		parts := make([]arrow.Array, len(m.batches))
		for i, b := range m.batches {
			parts[i] = b.Column(column)
		}
		return array.Concatenate(parts, memory.DefaultAllocator)
	})
	if err != nil {
		return err
	}
	defer batch.Release()
	m.release()
	return m.each(batch)
}

func (m *merger) release() {
	for _, b := range m.batches {
		b.Release()
	}
	m.batches, m.rows = m.batches[:0], 0
}

// newBatch makes a batch of the columns that column returns, which it releases.
func newBatch(schema *arrow.Schema, rows int64, column func(int) (arrow.Array, error)) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, schema.NumFields())
	for i := range columns {
		var err error
		if columns[i], err = column(i); err != nil {
			return nil, err
		}
		defer columns[i].Release()
	}
	return array.NewRecordBatch(schema, columns, rows), nil
}
