// Package publish replaces a folder in one step. It takes the path of a target and gives a stage beside it to write
// files to; then the stage becomes the target. A crash at any time leaves the former or the new folder, and a stage
// that the next run removes. It never looks into a table's file, and never replaces a folder with files that civic-etl
// did not write.
package publish

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/filelock"
)

// Stage is the folder beside the target in which output is written: .NAME.civic-etl-ID, with the output one level
// deeper. Its process holds a lock on it, so that others can tell it from the stage of a crashed run.
type Stage struct {
	FS      disk.FS
	Dir     string // locked; moves to the staging folder before the output is published
	target  target
	guard   *os.File // the lock of the target
	lock    *os.File // the stage
	inner   *os.File // the output, whatever its name is
	staging staging
	way     way
	keep    bool // the next run needs the stage
	notice  func(string)

	mu      sync.Mutex
	made    map[string]bool // folders of the output, below it
	names   []string        // unfinished names of tables and files, below the output, outer before inner
	scratch int             // number of temporary files
}

// unfinished ends every name in the stage that a reader's pattern could match.
const unfinished = ".part"

const stageMark = ".civic-etl-"

// OutputName is the folder in the stage that becomes the target.
const OutputName = "output"

// NewStage checks that the target may be published, and locks it. It settles or removes what crashed runs left, and
// makes a stage. The finished output moves to the staging folder, unless that is "".
func NewStage(f disk.FS, path, stagingDir string, notice func(string)) (*Stage, error) {
	t, err := findTarget(path)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return nil, err
	}
	if litter := litterIn(t.path); len(litter) > 0 {
		notice(fmt.Sprintf("files of other programs in %s are removed with the former output: %s", t.path,
			strings.Join(litter, ", ")))
	}
	s := &Stage{FS: f, target: t, staging: staging{path: stagingDir}, notice: notice, made: map[string]bool{".": true}}
	if err = s.target.makeParents(f); err == nil {
		err = s.begin()
	}
	if err != nil {
		unlockTarget(s.guard)
		removeEmpty(s.target.made)
		return nil, err
	}
	if err := s.makeOutput(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// begin locks the target, and makes the stage.
func (s *Stage) begin() (err error) {
	if s.guard, err = lockSettled(s.FS, s.target, s.notice); err != nil {
		return err
	}
	made := s.target.made
	if s.target, err = findTarget(s.target.path); err != nil { // settling may have changed it
		return err
	}
	s.target.made = made
	if s.target.link {
		s.way = byLink
	} else if err = checkOwned(s.target.path); err != nil {
		return err
	}
	s.sweep()
	return s.create()
}

// create makes and locks the folder of the stage.
func (s *Stage) create() error {
	for s.lock == nil {
		s.Dir = filepath.Join(s.target.parent, "."+s.target.name+stageMark+newID())
		if err := s.FS.Mkdir(s.Dir); err != nil {
			return fmt.Errorf("make the stage beside %s: %w", s.target.path, err)
		}
		var err error
		s.lock, err = lockFolder(s.Dir)
		// Before the lock, another process may have swept it as that of a crashed run: then try again.
		if err != nil && !errors.Is(err, filelock.ErrHeld) && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("lock the stage: %w", err), s.FS.RemoveAll(s.Dir))
		}
	}
	return nil
}

func newID() string {
	id := make([]byte, 8)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// makeOutput makes the folder of the output, and tries whether it can be published here, before the extraction begins.
func (s *Stage) makeOutput() error {
	probe := filepath.Join(s.Dir, "probe")
	for _, dir := range []string{s.Output(), probe} {
		if err := s.FS.Mkdir(dir); err != nil {
			return fmt.Errorf("make the stage beside %s: %w", s.target.path, err)
		}
	}
	err := s.chooseWay(probe)
	if err == nil {
		err = s.FS.RemoveAll(probe)
	}
	if err == nil {
		s.inner, err = os.Open(s.Output())
	}
	return err
}

// Output is the path of the folder that becomes the target.
func (s *Stage) Output() string { return filepath.Join(s.Dir, OutputName) }

// lockFolder opens and locks a folder, and checks that the path still leads to it.
func lockFolder(dir string) (*os.File, error) {
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

// Prepare makes the folders of a file and returns the path to write it to. The file gets its final name when the output
// is published.
func (s *Stage) Prepare(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if table, rest, ok := strings.Cut(name, "/"); ok { // patterns for files match the table's folder too
		name = filepath.Join(table+unfinished, rest)
	}
	name += unfinished
	err := s.makeFolders(filepath.Dir(name))
	s.names = append(s.names, name)
	return filepath.Join(s.Output(), name), err
}

func (s *Stage) makeFolders(dir string) error {
	if s.made[dir] {
		return nil
	}
	if err := s.makeFolders(filepath.Dir(dir)); err != nil {
		return err
	}
	s.made[dir] = true
	if filepath.Dir(dir) == "." {
		s.names = append(s.names, dir)
	}
	return s.FS.Mkdir(filepath.Join(s.Output(), dir))
}

// Scratch returns the path for a temporary file.
func (s *Stage) Scratch() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scratch++
	return filepath.Join(s.Dir, fmt.Sprintf("spill-%05d", s.scratch))
}

// renameAll gives every file and table its final name, inner before outer, and syncs the folders.
func (s *Stage) renameAll() error {
	for _, name := range slices.Backward(s.names) {
		from := filepath.Join(s.Output(), name)
		if err := s.FS.Rename(from, strings.TrimSuffix(from, unfinished)); err != nil {
			return err
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(s.made)) {
		table, rest, _ := strings.Cut(dir, "/")
		if err := s.FS.SyncDir(filepath.Join(s.Output(), strings.TrimSuffix(table, unfinished), rest)); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes an unpublished stage. It may be called again. The stage stays if its path leads to another folder by
// now, if the target's link points into it, or if the next run needs it to settle a publication.
func (s *Stage) Remove() error {
	if s.lock == nil {
		return nil
	}
	var err error
	if filelock.IsAt(s.lock, s.Dir) && !s.target.pointsInto(s.Dir) && !s.keep {
		err = s.FS.RemoveAll(s.Dir)
	}
	s.unlock()
	s.staging.remove()
	removeEmpty(s.target.made)
	return err
}

func (s *Stage) unlock() {
	for _, f := range []*os.File{s.inner, s.lock} {
		if f != nil {
			_ = f.Close()
		}
	}
	unlockTarget(s.guard)
	s.inner, s.lock, s.guard = nil, nil, nil
}
