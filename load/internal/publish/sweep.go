package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// sweep removes the stages of crashed runs: those of this target beside it, and all in the staging folder.
func (s *Stage) sweep() {
	s.sweepFolder(s.target.parent, s.target.isStage)
	if s.staging.path != "" {
		s.sweepFolder(s.staging.path, func(name string) bool { _, ok := stageOf(name); return ok })
	}
}

func (s *Stage) sweepFolder(dir string, isStage func(string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // create reports it
	}
	for _, e := range entries {
		if !isStage(e.Name()) || !e.IsDir() {
			continue
		}
		if err := s.sweepStage(filepath.Join(dir, e.Name())); err != nil {
			s.notice(fmt.Sprintf("temporary files of a former run cannot be removed: %v", err))
		}
	}
}

// sweepStage removes a stage unless its process is alive. The stage may hold the former generation of a publication
// that is not durable yet, so the folders are synced first.
func (s *Stage) sweepStage(dir string) error {
	lock, err := lockFolder(dir)
	if errors.Is(err, filelock.ErrHeld) || errors.Is(err, fs.ErrNotExist) {
		return nil // alive, or removed meanwhile
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	// Under the lock, as its process may have published it until now.
	if s.target.pointsInto(dir) || isAwaited(dir) {
		return nil
	}
	if err := errors.Join(s.FS.SyncDir(dir), s.FS.SyncDir(filepath.Dir(dir))); err != nil {
		return err
	}
	return s.FS.RemoveAll(dir)
}

// isAwaited reports whether a journal beside some target names the stage: then the next run of that target needs it. A
// target on a disk that is not mounted now may have one.
func isAwaited(stage string) bool {
	journal, err := os.ReadFile(filepath.Join(stage, pointerName))
	if err != nil {
		return false
	}
	return exists(string(journal)) || !exists(filepath.Dir(string(journal)))
}

// isStage reports whether a name is that of a stage of this target.
func (t target) isStage(name string) bool {
	of, ok := stageOf(name)
	return ok && of == t.name
}

// stageOf returns the name of the target if name is that of a stage.
func stageOf(name string) (target string, ok bool) {
	i := strings.LastIndex(name, stageMark)
	if i <= 0 || name[0] != '.' {
		return "", false
	}
	id := name[i+len(stageMark):]
	return name[1:i], len(id) == 16 && strings.Trim(id, "0123456789abcdef") == ""
}
