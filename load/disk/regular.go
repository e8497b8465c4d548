package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// OpenRegular opens a regular file of a folder for reading, and returns its size. It checks the type again after
// opening, so that a FIFO swapped in cannot block the reader.
func OpenRegular(root *os.Root, name string) (*os.File, int64, error) {
	name = filepath.FromSlash(name)
	info, err := root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, IrregularError(name)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = IrregularError(name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// IrregularError is the path of a folder, symlink, pipe or device in place of a file.
type IrregularError string

// Error names the path.
func (e IrregularError) Error() string { return string(e) + " is not a regular file" }
