package disk

import (
	"errors"
	"io/fs"
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
		return nil, 0, opening(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, IrregularError(name)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, opening(err)
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = IrregularError(name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// opening names what was being done, instead of a system call such as statat.
func opening(err error) error {
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "open", Path: fault.Path, Err: fault.Err}
	}
	return err
}

// WriteNew writes a file of a folder. It removes a file or symlink of that name first, and never follows a symlink, so
// that nothing outside the folder can be overwritten.
func WriteNew(root *os.Root, name string, data []byte) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// IrregularError is the path of a folder, symlink, pipe or device in place of a file.
type IrregularError string

// Error names the path.
func (e IrregularError) Error() string { return string(e) + " is not a regular file" }
