package parquetio

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Pages holds the encoded pages of unfinished row groups, for all Parquet files of an output. It
// spills pages beyond its memory limit to a file in the stage, so that memory does not grow with
// the number of open files or with row_group_rows. It implements parquet.BufferPool.
type Pages struct {
	Create func() (disk.File, error)
	Remove func() error // the file

	mu     sync.Mutex
	Memory int // bytes that may still be kept in memory
	file   disk.File
	end    int64 // of the file
	inFile int   // pieces of the file in use
}

// PagesInMemory holds a full row group of ordinary width, or many small ones.
const PagesInMemory = 40 << 20

// pageBuffer holds the pages of one column.
type pageBuffer struct {
	store  *Pages
	pieces []piece
	next   int // to read
}

// piece is a part of a page, in memory or in the store's file.
type piece struct {
	data []byte
	at   int64
	size int
}

// GetBuffer returns an empty buffer.
func (s *Pages) GetBuffer() io.ReadWriteSeeker { return &pageBuffer{store: s} }

// PutBuffer releases the pages of a buffer.
func (s *Pages) PutBuffer(b io.ReadWriteSeeker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range b.(*pageBuffer).pieces {
		if p.data != nil {
			s.Memory += cap(p.data)
		} else if s.inFile--; s.inFile == 0 {
			s.end = 0 // the next piece overwrites the first
		}
	}
	b.(*pageBuffer).pieces = nil
}

// Write appends p.
func (b *pageBuffer) Write(p []byte) (int, error) {
	if n := len(b.pieces); n > 0 && cap(b.pieces[n-1].data)-len(b.pieces[n-1].data) >= len(p) {
		b.pieces[n-1].data = append(b.pieces[n-1].data, p...)
		return len(p), nil
	}
	const least = 4 << 10
	size := max(least, len(p))
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if b.store.Memory >= size {
		b.store.Memory -= size
		b.pieces = append(b.pieces, piece{data: append(make([]byte, 0, size), p...)})
		return len(p), nil
	}
	at, err := b.store.append(p)
	if err != nil {
		return 0, fmt.Errorf("spill pages: %w", err)
	}
	b.pieces = append(b.pieces, piece{at: at, size: len(p)})
	return len(p), nil
}

func (s *Pages) append(p []byte) (at int64, err error) {
	if s.file == nil {
		if s.file, err = s.Create(); err != nil {
			return 0, err
		}
	}
	if s.inFile == 0 {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	at = s.end
	s.end += int64(n)
	s.inFile++
	return at, err
}

// WriteTo writes everything that was not read yet.
func (b *pageBuffer) WriteTo(w io.Writer) (n int64, err error) {
	for ; b.next < len(b.pieces); b.next++ {
		data, err := b.load(b.pieces[b.next])
		if err != nil {
			return n, fmt.Errorf("read back spilled pages: %w", err)
		}
		written, err := w.Write(data)
		n += int64(written)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (b *pageBuffer) load(p piece) ([]byte, error) {
	if p.data != nil {
		return p.data, nil
	}
	data := make([]byte, p.size)
	_, err := b.store.file.ReadAt(data, p.at)
	return data, err
}

// Read is part of the interface; parquet-go copies by WriteTo.
func (b *pageBuffer) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek goes back to the start, which is all that parquet-go asks for.
func (b *pageBuffer) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	b.next = 0
	return 0, nil
}

// Close removes the file.
func (s *Pages) Close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), s.Remove())
	s.file = nil
	return err
}
