package load

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

// sink is one file being written: buffered, counted, hashed on the way. The
// manifest tells the SHA-256; the other hash, a twentieth of the work, is for
// comparing with what is read back.
type sink struct {
	file  File
	buf   *bufio.Writer
	hash  hash.Hash
	bytes xxh3.Hasher
	size  int64 // in the file, not in buf
	begun int64 // of them, those the disk was told to begin with
}

const (
	sinkBuffer = 64 << 10
	// blockBytes are written at once, at a multiple of their number: the kernel then
	// keeps them in large pieces, which spares a twelfth of a run's processor time.
	blockBytes = 128 << 10
	beginBytes = 8 << 20 // for the disk to begin with at once
)

func newSink(fs FS, name string) (*sink, error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, err
	}
	s := &sink{file: f, hash: sha256.New()}
	s.buf = bufio.NewWriterSize(direct{s}, blockBytes)
	return s, nil
}

// Write buffers p. An error stays: no later Write or finish succeeds.
func (s *sink) Write(p []byte) (int, error) { return s.buf.Write(p) }

// direct is the sink past its buffer.
type direct struct{ *sink }

func (d direct) Write(p []byte) (int, error) {
	var g errgroup.Group // what is written is hashed meanwhile; after an error nobody asks for the hash
	g.Go(func() error { d.hash.Write(p); return nil })
	n, err := d.file.Write(p)
	_ = g.Wait()
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	d.bytes.Write(p[:max(n, 0)])
	d.size += int64(max(n, 0))
	d.begin()
	return n, err
}

// begin has the disk write what came since it last did.
func (s *sink) begin() {
	if file, ok := s.file.(*os.File); ok && s.size-s.begun >= beginBytes {
		startWriting(file, s.begun, s.size-s.begun)
		s.begun = s.size
	}
}

// finish makes the file whole and durable, and closes it. A failed sync is
// never tried again: the second one would lie.
func (s *sink) finish() error {
	if err := s.buf.Flush(); err != nil {
		s.abandon()
		return err
	}
	if err := s.file.Sync(); err != nil {
		s.abandon()
		return err
	}
	return s.file.Close()
}

// abandon closes a file that is of no use any more.
func (s *sink) abandon() { _ = s.file.Close() }

func (s *sink) sha256() string { return hex.EncodeToString(s.hash.Sum(nil)) }
