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
	return renamex(from, to, unix.RENAME_EXCL)
}

// exchange exchanges two folders.
func exchange(a, b string) error {
	return renamex(a, b, unix.RENAME_SWAP)
}

func renamex(from, to string, flag uint32) error {
	err := unix.RenamexNp(from, to, flag)
	switch err {
	case nil:
		return nil
	case unix.EINVAL, unix.ENOSYS, unix.ENOTSUP:
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "renamex_np", Old: from, New: to, Err: err}
}
