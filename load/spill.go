package load

import (
	"bufio"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
)

// spill keeps rows of partitions that have no writer open, as an Arrow stream
// in the stage, until their turn comes.
type spill struct {
	fs     disk.FS
	name   string
	file   disk.File
	buf    *bufio.Writer
	writer *ipc.Writer
	wrote  []*digest.Digest
	schema *arrow.Schema
}

func newSpill(fs disk.FS, name string, schema *arrow.Schema) (*spill, error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("set rows aside: %w", err)
	}
	s := &spill{fs: fs, name: name, file: f, buf: bufio.NewWriterSize(f, disk.BufferSize), wrote: digest.ForSchema(schema), schema: schema}
	s.writer = ipc.NewWriter(s.buf, ipc.WithSchema(schema))
	return s, nil
}

func (s *spill) write(batch arrow.RecordBatch) error {
	if err := digest.AddBatch(s.wrote, batch); err != nil {
		return err
	}
	if err := s.writer.Write(batch); err != nil {
		return fmt.Errorf("set rows aside: %w", err)
	}
	return nil
}

// seal ends the stream. Nothing is written after it.
func (s *spill) seal() error {
	err := errors.Join(s.writer.Close(), s.buf.Flush(), s.file.Close())
	s.file = nil
	if err != nil {
		return fmt.Errorf("set rows aside: %w", err)
	}
	return nil
}

// drain hands back the batches in the order they came, and removes the file. A
// batch is valid during the call only.
func (s *spill) drain(each func(arrow.RecordBatch) error) error {
	if err := s.read(each); err != nil {
		return err
	}
	return s.fs.RemoveAll(s.name)
}

func (s *spill) read(each func(arrow.RecordBatch) error) error {
	f, err := s.fs.Open(s.name)
	if err != nil {
		return fmt.Errorf("read back rows set aside: %w", err)
	}
	defer f.Close()
	r, err := ipc.NewReader(bufio.NewReaderSize(f, disk.BufferSize), ipc.WithSchema(s.schema))
	if err != nil {
		return fmt.Errorf("read back rows set aside: %w", err)
	}
	defer r.Release()
	read := digest.ForSchema(s.schema)
	whole := collector{schema: s.schema, each: each}
	defer whole.release()
	for r.Next() {
		if err := digest.AddBatch(read, r.RecordBatch()); err != nil {
			return err
		}
		if err := whole.add(r.RecordBatch()); err != nil {
			return err
		}
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("read back rows set aside: %w", err)
	}
	if err := whole.flush(); err != nil {
		return err
	}
	if !slices.Equal(digest.Sums(read), digest.Sums(s.wrote)) {
		return fmt.Errorf("rows set aside in %s came back changed: check the disk", s.name)
	}
	return nil
}

// collector joins the small batches of a spill: what is done once for a batch
// and partition would else be done for a few rows.
type collector struct {
	schema  *arrow.Schema
	each    func(arrow.RecordBatch) error
	batches []arrow.RecordBatch
	rows    int64
}

func (c *collector) add(batch arrow.RecordBatch) error {
	batch.Retain()
	c.batches = append(c.batches, batch)
	if c.rows += batch.NumRows(); c.rows < parquetio.BatchRows {
		return nil
	}
	return c.flush()
}

func (c *collector) flush() error {
	if len(c.batches) == 0 {
		return nil
	}
	columns := make([]arrow.Array, len(c.schema.Fields()))
	defer func() {
		for _, a := range columns {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i := range columns {
		parts := make([]arrow.Array, len(c.batches))
		for j, b := range c.batches {
			parts[j] = b.Column(i)
		}
		var err error
		if columns[i], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return err
		}
	}
	batch := array.NewRecordBatch(c.schema, columns, c.rows)
	defer batch.Release()
	c.release()
	return c.each(batch)
}

func (c *collector) release() {
	for _, b := range c.batches {
		b.Release()
	}
	c.batches, c.rows = c.batches[:0], 0
}

func (s *spill) abandon() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
