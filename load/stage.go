package load

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// stage is the folder beside the target in which an output grows:
// .NAME.civic-etl-ID. Its process holds a lock on it, so that others can tell a
// live stage from one that a kill left behind.
type stage struct {
	fs     FS
	target target
	dir    string
	lock   *os.File
	notice func(string)

	mu      sync.Mutex
	folders []*folder // as made: outer before inner; the stage itself is the first
	byPath  map[string]*folder
	spills  int
}

// folder is one of the stage's, with the unfinished names in it.
type folder struct {
	path       string
	unfinished []string
}

// unfinished ends every name in the stage that a reader's pattern could match.
const unfinished = ".part"

const stageMark = ".civic-etl-"

func newStage(f FS, t target, notice func(string)) (*stage, error) {
	s := &stage{fs: f, target: t, notice: notice, byPath: map[string]*folder{}}
	for {
		id := make([]byte, 8)
		rand.Read(id)
		s.dir = filepath.Join(t.parent, "."+t.name+stageMark+hex.EncodeToString(id))
		if err := f.Mkdir(s.dir); err != nil {
			return nil, fmt.Errorf("make the stage beside the target: %w", err)
		}
		held, err := hold(s.dir)
		if err == nil {
			s.lock = held
			s.note(s.dir)
			return s, nil
		}
		// Between making and locking it, a sweep of another process took it for
		// dead: that one is theirs, the next is ours.
		if !errors.Is(err, errHeld) && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("lock the stage: %w", err), f.RemoveAll(s.dir))
		}
	}
}

var errHeld = errors.New("held by another process")

// hold locks a folder and makes sure that it is still the one of that name.
func hold(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		if wouldBlock(err) {
			return nil, errHeld
		}
		return nil, err
	}
	if !sameFolder(f, dir) {
		f.Close()
		return nil, errHeld
	}
	return f, nil
}

func sameFolder(f *os.File, dir string) bool {
	held, err1 := f.Stat()
	named, err2 := os.Lstat(dir)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

// prepare makes the folders of a file and gives the path to write it to. The
// file gets its final name when the output is published.
func (s *stage) prepare(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := strings.Split(name, "/")
	in := s.folders[0]
	for i, p := range parts[:len(parts)-1] {
		if i == 0 { // the table's own folder is named as a file would be
			p += unfinished
		}
		next := s.byPath[filepath.Join(in.path, p)]
		if next == nil {
			if err := s.fs.Mkdir(filepath.Join(in.path, p)); err != nil {
				return "", err
			}
			next = s.note(filepath.Join(in.path, p))
			if i == 0 {
				in.unfinished = append(in.unfinished, p)
			}
		}
		in = next
	}
	last := parts[len(parts)-1] + unfinished
	in.unfinished = append(in.unfinished, last)
	return filepath.Join(in.path, last), nil
}

func (s *stage) note(path string) *folder {
	f := &folder{path: path}
	s.folders = append(s.folders, f)
	s.byPath[path] = f
	return f
}

// scratch names a file that will be gone before the stage is published.
func (s *stage) scratch() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spills++
	return filepath.Join(s.dir, fmt.Sprintf("spill-%05d", s.spills))
}

// settle gives every file and folder its final name, inner before outer, and
// makes the names durable.
func (s *stage) settle() error {
	for _, f := range slices.Backward(s.folders) {
		for _, name := range f.unfinished {
			from := filepath.Join(f.path, name)
			if err := s.fs.Rename(from, strings.TrimSuffix(from, unfinished)); err != nil {
				return err
			}
		}
		if err := s.fs.SyncDir(f.path); err != nil {
			return err
		}
	}
	return nil
}

// remove ends an unpublished stage. It may be called again. Should the stage's
// name belong to another folder by now, or the target's link point at it, it
// stays.
func (s *stage) remove() error {
	if s.lock == nil {
		return nil
	}
	var err error
	if sameFolder(s.lock, s.dir) && !s.target.pointsAt(s.dir) {
		err = errors.Join(s.fs.RemoveAll(s.dir), s.fs.RemoveAll(s.dir+linkSuffix))
	}
	s.release()
	s.target.removeParents()
	return err
}

func (s *stage) release() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}
