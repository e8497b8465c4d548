// Package filelock takes advisory locks on open files and folders, so that processes can tell what
// another one uses. It takes an *os.File and never opens, creates or removes anything.
//
// Library locks are bound to paths. The callers here lock the descriptor they go on to use, one of
// them a folder, and then check with IsAt that it is still the one of that name.
package filelock

import (
	"errors"
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
