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
	allBytes    = 4 << 30        // of all runs' answers; the oldest are removed first
	roomStep    = 64 << 20       // that a run reserves at a time
	maxAge      = 24 * time.Hour // of a usable file
	budgetFiles = 256
	probeBytes  = 4 << 10
)

// Folder stores what later runs can use. All methods may be called concurrently, by any number of
// processes.
type Folder struct {
	Required bool // the user named the folder: a run that cannot write to it must stop

	path                      string
	runBytes, allBytes, steps int64
	now                       func() time.Time
	clock                     func() (at int64, boot uint32) // shared by processes
	nap                       func(time.Duration)            // before another try to lock
	swept                     map[string]time.Time           // times of the files that Open removed, by path
	wrap                      func(file) file                // nil; set by tests
}

// file is the open file of a journal. Tests replace it by one that fails.
type file interface {
	ReadAt(p []byte, at int64) (int, error)
	WriteAt(p []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Open creates the folder, if necessary, and removes old files. It fails if nothing can be stored.
func Open(path string) (*Folder, error) {
	if err := filelock.Supported(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{
		path: path, runBytes: runBytes, allBytes: allBytes, steps: roomStep,
		now: time.Now, clock: sharedClock, nap: time.Sleep, swept: map[string]time.Time{},
	}
	for _, dir := range []string{f.runs(), f.budgets()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	f.sweep()
	return f, tryWrite(path)
}

// tryWrite writes a file and removes it. On a full disk, files can be made, but not written to.
func tryWrite(dir string) error {
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return err
	}
	_, err = probe.Write(make([]byte, probeBytes))
	return errors.Join(err, probe.Close(), os.Remove(probe.Name()))
}

// Path gives the absolute path of the folder.
func (f *Folder) Path() string { return f.path }

func (f *Folder) runs() string    { return filepath.Join(f.path, "runs") }
func (f *Folder) budgets() string { return filepath.Join(f.path, "budget") }

// name gives the name of the file that belongs to some texts.
func name(suffix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]) + suffix
}

// sweep removes the old files that no process holds.
func (f *Folder) sweep() {
	for _, dir := range []string{f.runs(), f.budgets()} {
		files := list(dir)
		for i, old := range files {
			tooMany := dir == f.budgets() && i < len(files)-budgetFiles
			if tooMany || f.now().Sub(old.ModTime()) > maxAge {
				if path := filepath.Join(dir, old.Name()); remove(path) {
					f.swept[path] = old.ModTime()
				}
			}
		}
	}
}

// room makes room for a run's answers to grow by one step: it removes the oldest journals that no
// process holds.
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

// list gives the regular files of a folder, oldest first.
func list(dir string) []fs.FileInfo {
	entries, _ := os.ReadDir(dir)
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

// remove removes a file unless a process holds it, and reports whether it is gone.
func remove(path string) bool {
	held, err := hold(path, os.O_RDWR)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer held.Close()
	return os.Remove(path) == nil
}

// hold opens and locks the file of a name, not one that was removed between the two steps.
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
