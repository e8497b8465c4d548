package load

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// openRegular opens one of the files of a folder for reading, and gives its
// size. What is no regular file is not read, though it be put there between
// looking and opening: a pipe would keep us waiting for ever.
func openRegular(root *os.Root, name string) (*os.File, int64, error) {
	name = filepath.FromSlash(name)
	info, err := root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, irregularError(name)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = irregularError(name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// irregularError is the name of what is a folder, a symlink, a pipe or the like.
type irregularError string

func (e irregularError) Error() string { return string(e) + " is no regular file" }

// manifestMost bounds a manifest, which is read as a whole: it has room for
// a million files.
const manifestMost = 512 << 20

// manifestText reads the manifest of a folder; fs.ErrNotExist if it has none.
func manifestText(root *os.Root) ([]byte, error) {
	file, size, err := openRegular(root, ManifestFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > manifestMost {
		return nil, fmt.Errorf("%s has %d bytes, and no manifest is that long", ManifestFile, size)
	}
	return io.ReadAll(io.LimitReader(file, manifestMost))
}
