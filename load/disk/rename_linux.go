package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// replace renames a folder over an empty one, which os.Rename refuses.
func replace(from, to string) error {
	if err := unix.Rename(from, to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// place renames from to to, which must not exist.
func place(from, to string) error {
	return renameat2(from, to, unix.RENAME_NOREPLACE)
}

// exchange exchanges two folders.
func exchange(a, b string) error {
	return renameat2(a, b, unix.RENAME_EXCHANGE)
}

func renameat2(from, to string, flags uint) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, flags)
	switch err {
	case nil:
		return nil
	case unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP:
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "renameat2", Old: from, New: to, Err: err}
}
