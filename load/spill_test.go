package load

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/disk"
)

// TestSpillFlippedBits flips a bit of every byte of a temporary file, and cuts the file at every length. The decoder
// sees none of it: every read fails with the file's name, and no row is passed on.
func TestSpillFlippedBits(t *testing.T) {
	shape := everyKind()
	name := filepath.Join(t.TempDir(), "spill")
	s, err := newSpill(disk.OS{}, name, shape.Arrow())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := s.write(nasty(shape, 5*i, 5)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	count := func(batch arrow.RecordBatch) error { rows += batch.NumRows(); return nil }
	if err := s.read(count); err != nil || rows != 10 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(what string, text []byte) {
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
		rows = 0
		if err := s.read(count); err == nil || !strings.Contains(err.Error(), name) || rows > 0 {
			t.Fatalf("%s: %d rows, %v", what, rows, err)
		}
	}
	for at := range whole {
		whole[at] ^= 1 << (at % 8)
		damaged("flipped", whole)
		whole[at] ^= 1 << (at % 8)
		damaged("cut", whole[:at])
	}
}

// TestSpillOfManyBlocks writes a file of several blocks in pieces of random size.
func TestSpillOfManyBlocks(t *testing.T) {
	text := make([]byte, 3*disk.BufferSize+7)
	for i := range text {
		text[i] = byte(rand.Uint32())
	}
	var file bytes.Buffer
	w := &blockWriter{to: &file}
	for left := text; len(left) > 0; {
		n := min(len(left), rand.IntN(2*disk.BufferSize))
		if _, err := w.Write(left[:n]); err != nil {
			t.Fatal(err)
		}
		left = left[n:]
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	read := file.Bytes()
	if !bytes.Equal(read, text) {
		t.Fatal("other bytes were written")
	}
	for range 20 {
		at := rand.IntN(len(read))
		read[at]++
		got := make([]byte, 0, len(read))
		r := w.reader(bytes.NewReader(read), "spill")
		part := make([]byte, 1000)
		for {
			n, err := r.Read(part)
			got = append(got, part[:n]...)
			if err != nil {
				if !strings.Contains(err.Error(), "spill is corrupt: checksum mismatch") {
					t.Error(err)
				}
				break
			}
		}
		if !bytes.Equal(got, text[:at/disk.BufferSize*disk.BufferSize]) {
			t.Errorf("byte %d: %d bytes were passed on", at, len(got))
		}
		read[at]--
	}
}

// flipFS flips one bit of the n-th byte that is read from temporary files.
type flipFS struct {
	disk.FS
	n, count int
	flipped  string
}

func (f *flipFS) Create(name string) (disk.File, error) {
	file, err := f.FS.Create(name)
	return f.wrap(name, file), err
}

func (f *flipFS) Open(name string) (disk.File, error) {
	file, err := f.FS.Open(name)
	return f.wrap(name, file), err
}

func (f *flipFS) wrap(name string, file disk.File) disk.File {
	if !strings.HasPrefix(filepath.Base(name), "spill-") {
		return file
	}
	return &flipFile{file, f, name}
}

type flipFile struct {
	disk.File
	fs   *flipFS
	name string
}

func (f *flipFile) flip(p []byte) {
	if at := f.fs.n - f.fs.count; at >= 0 && at < len(p) {
		p[at] ^= 1 << (at % 8)
		f.fs.flipped = f.name
	}
	f.fs.count += len(p)
}

func (f *flipFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.flip(p[:n])
	return n, err
}

func (f *flipFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	f.flip(p[:n])
	return n, err
}

// TestFlippedBitInRun flips one bit of the temporary files of a run, at positions over all of them: rows of partitions,
// and pages. The run fails, and publishes nothing.
func TestFlippedBitInRun(t *testing.T) {
	dir := filepath.Join(fastDir(t), "out")
	dry := &flipFS{FS: disk.OS{}, n: -1}
	if err := smallRun(dir, dry, 0); err != nil {
		t.Fatal(err)
	}
	before, files := tree(t, dir), map[string]bool{}
	step := max(dry.count/oneIn(3, 150), 1)
	for n := 0; n < dry.count; n += step {
		f := &flipFS{FS: disk.OS{}, n: n}
		err := smallRun(dir, f, 1)
		if err == nil || !strings.Contains(err.Error(), "corrupt: checksum mismatch: check the disk") {
			t.Fatalf("byte %d of %d: %v", n, dry.count, err)
		}
		files[filepath.Base(f.flipped)] = true
	}
	if tree(t, dir) != before {
		t.Error("the former output changed")
	}
	if len(files) < 2 {
		t.Errorf("bits were flipped in %v only", files)
	}
}
