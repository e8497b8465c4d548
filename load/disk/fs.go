package disk

import (
	"io"
	"os"
)

// FS is the part of the file system that changes go through, and the re-reading
// of what was written. Tests put one in its place that fails.
type FS interface {
	Create(name string) (File, error)  // for writing and reading back; the name must be free
	Open(name string) (File, error)    // for reading
	Mkdir(name string) error           // the name must be free
	Rename(from, to string) error      // replaces a file or symlink, not a folder
	Place(from, to string) error       // renames; fs.ErrExist if there is something at to
	Exchange(a, b string) error        // two folders change places in one step
	Symlink(points, name string) error // the name must be free
	RemoveAll(name string) error       // nil if there is nothing
	SyncDir(name string) error         // makes the folder's entries durable
}

// File is an open file of an FS.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Writer
	Sync() error
	Close() error
}

// OS is the real file system.
type OS struct{}

func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
}

func (OS) Open(name string) (File, error)    { return os.Open(name) }
func (OS) Mkdir(name string) error           { return os.Mkdir(name, 0o777) }
func (OS) Rename(from, to string) error      { return os.Rename(from, to) }
func (OS) Place(from, to string) error       { return place(from, to) }
func (OS) Exchange(a, b string) error        { return exchange(a, b) }
func (OS) Symlink(points, name string) error { return os.Symlink(points, name) }
func (OS) RemoveAll(name string) error       { return os.RemoveAll(name) }

func (OS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		d.Close()
		return err
	}
	return d.Close()
}
