package run

import (
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
)

// watchedFS is the disk, where a test is asked before each operation: what it
// returns is what becomes of it.
type watchedFS struct {
	mu    sync.Mutex
	ask   func(op string, nth int, path string) error
	count map[string]int
}

func watch(ask func(op string, nth int, path string) error) *watchedFS {
	return &watchedFS{ask: ask, count: map[string]int{}}
}

func (w *watchedFS) next(op, path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[op]++
	return w.ask(op, w.count[op], path)
}

// errShort lets a write put half of its bytes down and say nothing.
var errShort = errors.New("short write")

func (w *watchedFS) Create(name string) (disk.File, error) {
	if err := w.next("create", name); err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
	return &watchedFile{f, w, "close"}, err
}

func (w *watchedFS) Open(name string) (disk.File, error) {
	if err := w.next("open", name); err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := os.Open(name)
	return &watchedFile{f, w, "close after reading"}, err
}

func (w *watchedFS) one(op, name string, do func() error) error {
	if err := w.next(op, name); err != nil {
		return &os.PathError{Op: op, Path: name, Err: err}
	}
	return do()
}

func (w *watchedFS) two(op, from, to string, do func() error) error {
	err := w.next(op, from)
	if err == nil {
		err = do()
	}
	if err != nil {
		return &os.LinkError{Op: op, Old: from, New: to, Err: err}
	}
	return nil
}

func (w *watchedFS) Mkdir(name string) error {
	return w.one("mkdir", name, func() error { return os.Mkdir(name, 0o777) })
}

func (w *watchedFS) RemoveAll(name string) error {
	return w.one("remove", name, func() error { return os.RemoveAll(name) })
}

func (w *watchedFS) Layered(string) bool { return false }

func (w *watchedFS) SyncDir(name string) error {
	return w.one("syncdir", name, func() error { _, err := os.Stat(name); return err })
}

func (w *watchedFS) Rename(from, to string) error {
	return w.two("rename", from, to, func() error { return unix.Rename(from, to) })
}

func (w *watchedFS) Symlink(points, name string) error {
	return w.two("symlink", points, name, func() error { return unix.Symlink(points, name) })
}

func (w *watchedFS) Replace(from, to string) error {
	return w.two("replace", from, to, func() error { return unix.Rename(from, to) })
}

func (w *watchedFS) Place(from, to string) error {
	return w.two("place", from, to, func() error {
		return unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	})
}

func (w *watchedFS) Exchange(a, b string) error {
	return w.two("exchange", a, b, func() error {
		return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	})
}

type watchedFile struct {
	*os.File
	fs      *watchedFS
	closing string // what its Close is called
}

func (f *watchedFile) fail(op string) error {
	if err := f.fs.next(op, f.Name()); err != nil {
		return &os.PathError{Op: op, Path: f.Name(), Err: err}
	}
	return nil
}

func (f *watchedFile) Write(p []byte) (int, error) {
	err := f.fail("write")
	if err == nil {
		return f.File.Write(p)
	}
	n, _ := f.File.Write(p[:len(p)/2])
	if errors.Is(err, errShort) {
		err = nil
	}
	return n, err
}

func (f *watchedFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.fail("read"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, at)
}

func (f *watchedFile) Read(p []byte) (int, error) {
	if err := f.fail("read"); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

// Sync makes a file as durable as a test needs.
func (f *watchedFile) Sync() error { return f.fail("sync") }

func (f *watchedFile) Close() error {
	err := f.fail(f.closing)
	if closing := f.File.Close(); err == nil {
		err = closing
	}
	return err
}

// failingSpool is a spool's file that fails from some place on.
type failingSpool struct {
	spool.File
	left            int // bytes until it fails
	onWrite, onRead error
	flip            bool
}

func (f *failingSpool) WriteAt(p []byte, at int64) (int, error) {
	if f.left -= len(p); f.left < 0 && f.onWrite != nil {
		return 0, &os.PathError{Op: "write", Path: f.Name(), Err: f.onWrite}
	}
	return f.File.WriteAt(p, at)
}

func (f *failingSpool) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	switch {
	case f.left >= 0:
	case f.onRead == io.ErrUnexpectedEOF:
		return n / 2, &os.PathError{Op: "read", Path: f.Name(), Err: f.onRead}
	case f.onRead != nil:
		return 0, &os.PathError{Op: "read", Path: f.Name(), Err: f.onRead}
	case f.flip:
		p[n/2] ^= 1
	}
	return n, err
}
