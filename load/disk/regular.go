package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// OpenRegular opens one of the files of a folder for reading, and gives its
// size. What is no regular file is not read, though it be put there between
// looking and opening: a pipe would keep us waiting for ever.
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

// IrregularError is the name of what is a folder, a symlink, a pipe or the like.
type IrregularError string

func (e IrregularError) Error() string { return string(e) + " is no regular file" }
