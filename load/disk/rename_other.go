//go:build !linux && !darwin

package disk

import (
	"errors"
	"os"
)

// replace renames a folder over an empty one.
func replace(from, to string) error { return os.Rename(from, to) }

// place renames from to to, which must not exist.
func place(from, to string) error {
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: errors.ErrUnsupported}
}

// exchange exchanges two folders.
func exchange(a, b string) error {
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errors.ErrUnsupported}
}
