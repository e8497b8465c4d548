package publish

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

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/filelock"
)

// Stage is the folder beside the target in which an output grows:
// .NAME.civic-etl-ID, with the output one level deeper. Its process holds a
// lock on it, so that others can tell a live stage from one that a kill left
// behind.
type Stage struct {
	FS     disk.FS
	target target
	Dir    string   // locked; moves aside before the output is published
	lock   *os.File // the stage
	inner  *os.File // the output, whatever its name is
	aside  aside
	link   bool // publish by symlink
	notice func(string)

	mu      sync.Mutex
	folders []*folder // of the output, as made: outer before inner; itself is the first
	byPath  map[string]*folder
	spills  int
}

// folder is one of the output's, with the unfinished names in it. Paths are
// below the stage, which moves.
type folder struct {
	path, final string
	unfinished  []string
}

// unfinished ends every name in the stage that a reader's pattern could match.
const unfinished = ".part"

const stageMark = ".civic-etl-"

// OutputName is what the stage calls the folder that becomes the target.
const OutputName = "output"

func NewStage(f disk.FS, t target, place string, notice func(string)) (*Stage, error) {
	s := &Stage{FS: f, target: t, aside: aside{path: place}, link: t.Link, notice: notice, byPath: map[string]*folder{}}
	for s.lock == nil {
		id := make([]byte, 8)
		rand.Read(id)
		s.Dir = filepath.Join(t.parent, "."+t.name+stageMark+hex.EncodeToString(id))
		if err := f.Mkdir(s.Dir); err != nil {
			return nil, fmt.Errorf("make the stage beside the target: %w", err)
		}
		held, err := Hold(s.Dir)
		// Between making and locking it, a sweep of another process took it for
		// dead: that one is theirs, the next is ours.
		if err != nil && !errors.Is(err, filelock.ErrHeld) && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("lock the stage: %w", err), f.RemoveAll(s.Dir))
		}
		s.lock = held
	}
	if err := s.furnish(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// furnish makes the folder of the output, and finds out before anything is
// asked of the API whether it can be published here.
func (s *Stage) furnish() error {
	s.note(OutputName, OutputName)
	other := filepath.Join(s.Dir, "probe")
	for _, dir := range []string{s.Output(), other} {
		if err := s.FS.Mkdir(dir); err != nil {
			return fmt.Errorf("make the stage beside the target: %w", err)
		}
	}
	var err error
	if !s.link {
		err = s.FS.Exchange(other, s.Output())
	}
	if errors.Is(err, errors.ErrUnsupported) {
		err = s.chooseLink(err)
	}
	if err == nil {
		err = s.FS.RemoveAll(other)
	}
	if err == nil {
		s.inner, err = os.Open(s.Output())
	}
	return err
}

func (s *Stage) Output() string { return filepath.Join(s.Dir, OutputName) }

// Hold opens and locks a folder, and makes sure that it is still the one of that name.
func Hold(dir string) (*os.File, error) {
	if err := filelock.Supported(); err != nil {
		return nil, fmt.Errorf("%w: use --stdout, or run civic-etl on Linux or macOS", err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = filelock.TryLock(f)
	if err == nil && !filelock.IsAt(f, dir) {
		err = filelock.ErrHeld
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Prepare makes the folders of a file and gives the path to write it to. The
// file gets its final name when the output is published.
func (s *Stage) Prepare(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := strings.Split(name, "/")
	in := s.folders[0]
	for i, p := range parts[:len(parts)-1] {
		final := filepath.Join(in.final, p)
		if i == 0 { // the table's own folder is named as a file would be
			p += unfinished
		}
		next := s.byPath[filepath.Join(in.path, p)]
		if next == nil {
			if err := s.FS.Mkdir(filepath.Join(s.Dir, in.path, p)); err != nil {
				return "", err
			}
			next = s.note(filepath.Join(in.path, p), final)
			if i == 0 {
				in.unfinished = append(in.unfinished, p)
			}
		}
		in = next
	}
	last := parts[len(parts)-1] + unfinished
	in.unfinished = append(in.unfinished, last)
	return filepath.Join(s.Dir, in.path, last), nil
}

func (s *Stage) note(path, final string) *folder {
	f := &folder{path: path, final: final}
	s.folders = append(s.folders, f)
	s.byPath[path] = f
	return f
}

// Scratch names a file that is not part of the output.
func (s *Stage) Scratch() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spills++
	return filepath.Join(s.Dir, fmt.Sprintf("spill-%05d", s.spills))
}

// settle gives every file and folder its final name, inner before outer, and
// makes the names durable. All the renames come first: they take microseconds,
// the syncs take milliseconds.
func (s *Stage) settle() error {
	for _, f := range slices.Backward(s.folders) {
		for _, name := range f.unfinished {
			from := filepath.Join(s.Dir, f.path, name)
			if err := s.FS.Rename(from, strings.TrimSuffix(from, unfinished)); err != nil {
				return err
			}
		}
	}
	for _, f := range s.folders {
		if err := s.FS.SyncDir(filepath.Join(s.Dir, f.final)); err != nil {
			return err
		}
	}
	return nil
}

// Remove ends an unpublished stage. It may be called again. Should the stage's
// name belong to another folder by now, or the target's link point into it, it
// stays.
func (s *Stage) Remove() error {
	if s.lock == nil {
		return nil
	}
	var err error
	if filelock.IsAt(s.lock, s.Dir) && !s.target.pointsInto(s.Dir) {
		err = s.FS.RemoveAll(s.Dir)
	}
	s.Release()
	s.aside.leave()
	s.target.RemoveParents()
	return err
}

func (s *Stage) Release() {
	if s.inner != nil {
		_ = s.inner.Close()
		s.inner = nil
	}
	if s.lock != nil {
		_ = s.lock.Close()
		s.lock = nil
	}
}
