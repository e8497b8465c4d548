package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// ErrBusy marks a target that another run is going to publish.
var ErrBusy = errors.New("another run of civic-etl works on it; wait until it is done, or publish to another folder " +
	"with --out")

// lockTarget takes the lock of a target, for the time from the first file to the publication. It is a file beside the
// target, not in a state folder: runs with different state folders must see it. The file is removed with the lock.
func lockTarget(t target) (*os.File, error) {
	f, err := filelock.Open(t.beside("lock"))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%s: %w", t.path, ErrBusy)
	}
	if err != nil {
		return nil, fmt.Errorf("make the lock beside %s: %w", t.path, err)
	}
	return f, nil
}

// unlockTarget removes the file before the lock ends: a process that opened it meanwhile notices that it has no name.
func unlockTarget(f *os.File) {
	if f == nil {
		return
	}
	if filelock.IsAt(f, f.Name()) {
		_ = os.Remove(f.Name()) // an empty file that stays does no harm
	}
	_ = f.Close()
}

// beside is the path of a file beside the target that belongs to it.
func (t target) beside(what string) string {
	return filepath.Join(t.parent, "."+t.name+stageMark+what)
}

// exists reports whether a name is taken.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
