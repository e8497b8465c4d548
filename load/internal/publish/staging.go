package publish

import (
	"os"
	"path/filepath"
)

// staging is a folder where finished output waits to be published: patterns over the target's parent do not match it.
type staging struct {
	path string
	made []string // its parents that were made, innermost first
}

// moveToStaging moves the stage before its files get their final names. If the staging folder is on another file
// system, the stage stays beside the target.
func (s *Stage) moveToStaging() {
	if s.staging.path == "" || !s.staging.create() {
		return
	}
	to := filepath.Join(s.staging.path, filepath.Base(s.Dir))
	if s.FS.Place(s.Dir, to) == nil {
		s.Dir = to
	}
}

func (a *staging) create() bool {
	a.made = missingFolders(filepath.Dir(a.path))
	return os.MkdirAll(a.path, 0o700) == nil
}

// remove removes the staging folder if its parents were made for it, as far as they are empty.
func (a *staging) remove() {
	if len(a.made) > 0 {
		removeEmpty(append([]string{a.path}, a.made...))
	}
}

// missingFolders lists a folder and its parents that do not exist, innermost first.
func missingFolders(dir string) (missing []string) {
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		missing = append(missing, dir)
	}
	return missing
}

// removeEmpty removes folders, innermost first, until one is not empty.
func removeEmpty(dirs []string) {
	for _, dir := range dirs {
		if os.Remove(dir) != nil {
			return
		}
	}
}
