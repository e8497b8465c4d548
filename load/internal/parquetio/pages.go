package parquetio

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Pages holds the encoded pages of unfinished row groups, for all Parquet files of an output. It
// spills pages beyond its memory limit to a file, so that memory does not grow with the number of
// open files or with row_group_rows. It implements parquet.BufferPool.
type Pages struct {
	Memory int // bytes that it may hold in memory

	create  func() (file disk.File, remove func() error, err error)
	mu      sync.Mutex
	used    int // bytes of memory
	file    disk.File
	remove  func() error
	end     int64 // of the file
	spilled int   // writes in the file that are in use
}

// NewPages makes an empty buffer pool. It calls create for the file to spill to when it needs one.
func NewPages(create func() (file disk.File, remove func() error, err error)) *Pages {
	return &Pages{Memory: 40 << 20, create: create} // a full row group of ordinary width, or many small ones
}

// mostKept is the size of a page that is kept in memory. A page is larger only if a text is.
const mostKept = 4 << 20

// pageBuffer holds the pages of one column.
type pageBuffer struct {
	pages  *Pages
	writes []written
	next   int // to read
}

// written is what one call of Write wrote: data in memory, or size bytes in the file.
type written struct {
	data []byte
	at   int64
	size int
	sum  xxh3.Uint128 // of the bytes in the file
}

// GetBuffer returns an empty buffer.
func (s *Pages) GetBuffer() io.ReadWriteSeeker { return &pageBuffer{pages: s} }

// PutBuffer releases the pages of a buffer.
func (s *Pages) PutBuffer(b io.ReadWriteSeeker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range b.(*pageBuffer).writes {
		if w.data != nil {
			s.used -= w.size
		} else if s.spilled--; s.spilled == 0 {
			s.end = 0 // the next write overwrites the first
		}
	}
	b.(*pageBuffer).writes = nil
}

// Write appends p.
func (b *pageBuffer) Write(p []byte) (int, error) {
	w, err := b.pages.keep(p)
	if err != nil {
		return 0, fmt.Errorf("spill pages: %w", err)
	}
	b.writes = append(b.writes, w)
	return len(p), nil
}

func (s *Pages) keep(p []byte) (w written, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+len(p) <= s.Memory && len(p) <= mostKept {
		s.used += len(p)
		return written{data: append([]byte{}, p...), size: len(p)}, nil
	}
	if s.file == nil {
		if s.file, s.remove, err = s.create(); err != nil {
			return w, err
		}
	}
	if s.spilled == 0 {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return w, err
		}
	}
	n, err := s.file.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	w = written{at: s.end, size: n, sum: xxh3.Hash128(p)}
	s.end += int64(n)
	s.spilled++
	return w, err
}

// WriteTo writes everything that was not read yet.
func (b *pageBuffer) WriteTo(to io.Writer) (n int64, err error) {
	for ; b.next < len(b.writes); b.next++ {
		w := b.writes[b.next]
		if w.data == nil {
			w.data = make([]byte, w.size)
			if _, err := b.pages.file.ReadAt(w.data, w.at); err != nil {
				return n, fmt.Errorf("read back spilled pages: %w", err)
			}
			if xxh3.Hash128(w.data) != w.sum {
				return n, errors.New("read back spilled pages: a temporary file is corrupt: checksum mismatch: check the disk")
			}
		}
		written, err := to.Write(w.data)
		n += int64(written)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Read is part of the interface; parquet-go copies by WriteTo.
func (b *pageBuffer) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek returns to the start; parquet-go asks for nothing else.
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
	err := errors.Join(s.file.Close(), s.remove())
	s.file = nil
	return err
}
