package publish

import (
	"os"
	"path/filepath"
)

// aside is where a finished output waits to be published: out of the reach of
// patterns over the target's parent.
type aside struct {
	path string
	made []string // of its parents, outermost first
}

// withdraw moves the stage aside, before its files get the names that patterns
// look for. Where there is no such place on the same file system it stays beside
// the target.
func (s *Stage) withdraw() {
	if s.aside.path == "" || !s.aside.enter() {
		return
	}
	to := filepath.Join(s.aside.path, filepath.Base(s.Dir))
	if s.FS.Place(s.Dir, to) == nil {
		s.Dir = to
	}
}

// enter makes the place, for this user alone.
func (a *aside) enter() bool {
	for dir := filepath.Dir(a.path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		a.made = append([]string{dir}, a.made...)
	}
	return os.MkdirAll(a.path, 0o700) == nil
}

// leave takes the place back if more than itself was made for it: a run that
// keeps no state leaves no folder for it. Others may be using it by now.
func (a *aside) leave() {
	if len(a.made) == 0 || os.Remove(a.path) != nil {
		return
	}
	for i := len(a.made) - 1; i >= 0; i-- {
		if os.Remove(a.made[i]) != nil {
			return
		}
	}
}
