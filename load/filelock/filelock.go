// Package filelock takes advisory locks on open files and folders, so that processes can tell what
// another one uses. It takes an *os.File, or the path of a file to open. It never removes anything.
//
// Library locks are bound to paths. The callers here lock the descriptor they go on to use, one of
// them a folder, and then check with IsAt that it is still the one of that name.
package filelock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrHeld means that the file is locked through another descriptor, mostly by another process.
var ErrHeld = errors.New("held by another process")

// IsAt reports whether path names the open file, not one that replaced it.
func IsAt(f *os.File, path string) bool {
	held, err1 := f.Stat()
	named, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

// Open opens and locks a file, and makes it if it is missing. The file has this name when Open returns: a file that
// another process removed meanwhile is not returned. Another user's file is opened for reading only, if it must.
func Open(path string) (*os.File, error) {
	const tries = 1000 // each may fail because another process removes its file
	for range tries {
		f, err := openRegular(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := TryLock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if IsAt(f, path) {
			return f, nil
		}
		_ = f.Close()
	}
	return nil, fmt.Errorf("%s appears and disappears all the time", path)
}

func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			return nil, fs.ErrNotExist // another process was faster: look again
		}
		return f, err
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: remove it", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		return os.Open(path)
	}
	return f, err
}
