package disk

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// Sink is one file being written: buffered, counted, hashed on the way. The
// manifest tells the SHA-256; the other hash, a twentieth of the work, is for
// comparing with what is read back.
type Sink struct {
	File  File
	buf   *bufio.Writer
	hash  hash.Hash
	Bytes xxh3.Hasher
	Size  int64 // in the file, not in buf
	begun int64 // of them, those the disk was told to begin with
}

const (
	BufferSize = 64 << 10
	// blockBytes are written at once, at a multiple of their number: the kernel then
	// keeps them in large pieces, which spares a twelfth of a run's processor time.
	blockBytes = 128 << 10
	beginBytes = 8 << 20 // for the disk to begin with at once
)

func NewSink(fs FS, name string) (*Sink, error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, err
	}
	s := &Sink{File: f, hash: sha256.New()}
	s.buf = bufio.NewWriterSize(direct{s}, blockBytes)
	return s, nil
}

// Write buffers p. An error stays: no later Write or finish succeeds.
func (s *Sink) Write(p []byte) (int, error) { return s.buf.Write(p) }

// direct is the sink past its buffer.
type direct struct{ *Sink }

func (d direct) Write(p []byte) (int, error) {
	var g errgroup.Group // what is written is hashed meanwhile; after an error nobody asks for the hash
	g.Go(func() error { d.hash.Write(p); return nil })
	n, err := d.File.Write(p)
	_ = g.Wait()
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	d.Bytes.Write(p[:max(n, 0)])
	d.Size += int64(max(n, 0))
	d.begin()
	return n, err
}

// begin has the disk write what came since it last did.
func (s *Sink) begin() {
	if file, ok := s.File.(*os.File); ok && s.Size-s.begun >= beginBytes {
		startWriting(file, s.begun, s.Size-s.begun)
		s.begun = s.Size
	}
}

// Finish makes the file whole and durable, and closes it. A failed sync is
// never tried again: the second one would lie.
func (s *Sink) Finish() error {
	if err := s.buf.Flush(); err != nil {
		s.Abandon()
		return err
	}
	if err := s.File.Sync(); err != nil {
		s.Abandon()
		return err
	}
	return s.File.Close()
}

// Abandon closes a file that is of no use any more.
func (s *Sink) Abandon() { _ = s.File.Close() }

func (s *Sink) SHA256() string { return hex.EncodeToString(s.hash.Sum(nil)) }
