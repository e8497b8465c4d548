package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// Bounds of the folder.
const (
	runBytes    = 1 << 30        // of one run's answers
	allBytes    = 4 << 30        // of all runs' answers; the oldest go first
	roomStep    = 64 << 20       // how much a run takes of that at a time
	longestAge  = 24 * time.Hour // after which what is kept is of no use
	budgetFiles = 256
)

// Folder is where runs leave what the next may use. All methods may be called
// concurrently, by any number of processes.
type Folder struct {
	path                      string
	runBytes, allBytes, steps int64
	now                       func() time.Time
	swept                     map[string]time.Time // journals that were too old when the folder was opened, and of when
	wrap                      func(file) file      // nil, or what a test puts round a journal's file
}

// file is an open file of a journal. Tests put one in its place that fails.
type file interface {
	ReadAt(p []byte, at int64) (int, error)
	WriteAt(p []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Open makes the folder, if it is not there, and removes what is too old to be of
// use. It fails where nothing can be kept.
func Open(path string) (*Folder, error) {
	if err := filelock.Supported(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{path: path, runBytes: runBytes, allBytes: allBytes, steps: roomStep, now: time.Now, swept: map[string]time.Time{}}
	for _, dir := range []string{f.runs(), f.budgets()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	probe, err := os.CreateTemp(path, ".probe-")
	if err != nil {
		return nil, err
	}
	_ = probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return nil, err
	}
	f.sweep()
	return f, nil
}

// Path is where the folder is.
func (f *Folder) Path() string { return f.path }

func (f *Folder) runs() string    { return filepath.Join(f.path, "runs") }
func (f *Folder) budgets() string { return filepath.Join(f.path, "budget") }

// name is that of a file that is found by some texts, whatever they hold.
func name(suffix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]) + suffix
}

// sweep removes what nobody holds and nobody can use any more.
func (f *Folder) sweep() {
	for _, dir := range []string{f.runs(), f.budgets()} {
		files := list(dir)
		for i, old := range files {
			tooMany := dir == f.budgets() && i < len(files)-budgetFiles
			if tooMany || f.now().Sub(old.ModTime()) > longestAge {
				path := filepath.Join(dir, old.Name())
				if remove(path) {
					f.swept[path] = old.ModTime()
				}
			}
		}
	}
}

// room makes sure that a run's answers may grow by one step, for which those of
// others that died longest ago may have to go.
func (f *Folder) room() bool {
	files := list(f.runs())
	sum := f.steps
	for _, old := range files {
		sum += old.Size()
	}
	for _, old := range files {
		if sum <= f.allBytes {
			return true
		}
		if remove(filepath.Join(f.runs(), old.Name())) {
			sum -= old.Size()
		}
	}
	return sum <= f.allBytes
}

// list gives the files of a folder, those changed longest ago first.
func list(dir string) []fs.FileInfo {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	return files
}

// remove removes a file unless somebody holds it.
func remove(path string) bool {
	held, err := hold(path, os.O_RDWR)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer held.Close()
	return os.Remove(path) == nil
}

// hold opens a file and locks it: the one of that name, not one that was removed
// between the two.
func hold(path string, flags int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return nil, err
		}
		if err := filelock.TryLock(f); err != nil {
			_ = f.Close()
			return nil, err
		}
		if filelock.IsAt(f, path) {
			return f, nil
		}
		_ = f.Close()
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
