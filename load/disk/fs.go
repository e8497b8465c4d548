// Package disk is the file system as load needs it: an interface that tests can replace, durable files with checksums,
// and hints for the user about system errors. It takes paths and bytes, and gives
// files and errors. It never interprets what it stores: tables and manifests are unknown to it.
package disk

import (
	"errors"
	"io"
	"os"
)

// FS is the file system for all changes, and for reading back what was written. Tests replace it by one that fails.
type FS interface {
	Create(name string) (File, error) // for writing and reading back; the name must be free
	Open(name string) (File, error)   // for reading
	Mkdir(name string) error          // the name must be free
	Rename(from, to string) error     // replaces a file or symlink, not a folder
	Replace(from, to string) error    // renames a folder over an empty one; fs.ErrExist if to is not empty
	Place(from, to string) error      // renames; fs.ErrExist if to exists
	Exchange(a, b string) error       // exchanges two folders in one step
	Symlink(to, name string) error    // the name must be free
	RemoveAll(name string) error      // nil if there is nothing
	SyncDir(name string) error        // makes the folder's entries durable
	Layered(name string) bool         // on a file system of layers, whose lower ones cannot be renamed
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

// Create implements FS.
func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
}

// Open implements FS.
func (OS) Open(name string) (File, error) { return os.Open(name) }

// Mkdir implements FS.
func (OS) Mkdir(name string) error { return os.Mkdir(name, 0o777) }

// Rename implements FS.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Replace implements FS.
func (OS) Replace(from, to string) error { return replace(from, to) }

// Place implements FS.
func (OS) Place(from, to string) error { return place(from, to) }

// Exchange implements FS.
func (OS) Exchange(a, b string) error { return exchange(a, b) }

// Symlink implements FS.
func (OS) Symlink(to, name string) error { return os.Symlink(to, name) }

// RemoveAll implements FS.
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// Layered implements FS.
func (OS) Layered(name string) bool { return layered(name) }

// SyncDir implements FS.
func (OS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
