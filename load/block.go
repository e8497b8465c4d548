package load

import (
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/disk"
)

// blockWriter writes a temporary file in blocks, and keeps their checksums in memory.
type blockWriter struct {
	to    io.Writer
	block []byte // unfinished
	sums  []xxh3.Uint128
	last  int // bytes of the last block
}

// Write implements io.Writer.
func (w *blockWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := min(len(p), disk.BufferSize-len(w.block))
		w.block = append(w.block, p[:part]...)
		n, p = n+part, p[part:]
		if len(w.block) == disk.BufferSize {
			if err := w.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// flush writes the unfinished block. Only the last block may be shorter than the others.
func (w *blockWriter) flush() error {
	if len(w.block) == 0 {
		return nil
	}
	n, err := w.to.Write(w.block)
	if err == nil && n < len(w.block) {
		err = io.ErrShortWrite
	}
	w.sums, w.last = append(w.sums, xxh3.Hash128(w.block)), len(w.block)
	w.block = w.block[:0]
	return err
}

// reader reads the written file. It compares a block with its checksum before it returns a byte of it.
func (w *blockWriter) reader(from io.Reader, name string) io.Reader {
	return &blockReader{written: w, from: from, name: name, buffer: w.block[:0]}
}

type blockReader struct {
	written *blockWriter
	from    io.Reader
	name    string
	next    int // block to read
	buffer  []byte
	left    []byte // of the block that was read last
}

// Read implements io.Reader.
func (r *blockReader) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		if err := r.readBlock(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *blockReader) readBlock() error {
	size := disk.BufferSize
	switch r.next {
	case len(r.written.sums):
		return io.EOF
	case len(r.written.sums) - 1:
		size = r.written.last
	}
	if cap(r.buffer) < size {
		r.buffer = make([]byte, size)
	}
	block := r.buffer[:size]
	if _, err := io.ReadFull(r.from, block); err != nil {
		return fmt.Errorf("read temporary file %s: %w", r.name, err)
	}
	if xxh3.Hash128(block) != r.written.sums[r.next] {
		return fmt.Errorf("temporary file %s is corrupt: checksum mismatch: check the disk", r.name)
	}
	r.next, r.left = r.next+1, block
	return nil
}
