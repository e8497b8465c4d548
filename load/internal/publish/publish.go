package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// A first publication renames the output to the target, unless another process made the target meanwhile. A later one
// exchanges the two in one step, and removes the former generation with the stage. Readers see the one or the other.
//
// On a file system without exchange, the target is a symlink to the output in the stage, and publishing replaces the
// link.

// chooseLink chooses to publish by symlink.
func (s *Stage) chooseLink(why error) error {
	const cannot = "this file system cannot exchange folders in one step: "
	if _, err := os.Lstat(s.target.path); err == nil {
		return fmt.Errorf(cannot+"move %s away once, and later runs will publish it as a symlink: %w", s.target.path, why)
	}
	s.notice(fmt.Sprintf(cannot+"%s becomes a symlink to the folder that holds the files", s.target.path))
	s.link = true
	return nil
}

// Publish makes the output the target, and ends the stage. After an error the target is unchanged, unless the error
// says otherwise.
func (s *Stage) Publish() error {
	if !filelock.IsAt(s.inner, s.Output()) {
		return fmt.Errorf("%s was removed or replaced by another program: run again", s.Output())
	}
	publish := s.publishLink
	if !s.link {
		s.moveToStaging()
		publish = s.publishFolder
	}
	if err := s.renameAll(); err != nil {
		return err
	}
	if err := publish(); err != nil {
		return err
	}
	s.unlock()
	return nil
}

func (s *Stage) publishFolder() error {
	const tries = 10 // each may fail because of another publisher
	for range tries {
		err := s.FS.Place(s.Output(), s.target.path)
		if err == nil {
			return s.confirmFolder(func() error { return s.FS.Place(s.target.path, s.Output()) })
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if _, err := checkOwned(s.target.path); err != nil {
			return err
		}
		err = s.FS.Exchange(s.Output(), s.target.path)
		if err == nil {
			return s.retire()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s appeared and disappeared %d times: stop other runs that publish to it", s.target.path, tries)
}

// retire checks that the former generation, now in the stage, was not replaced by foreign files at the last moment.
func (s *Stage) retire() error {
	back := func() error { return s.FS.Exchange(s.Output(), s.target.path) }
	if _, err := checkOwned(s.Output()); errors.Is(err, ErrForeign) {
		return errors.Join(err, s.undo(back))
	}
	return s.confirmFolder(back)
}

// confirmFolder makes the publication durable, or undoes it, and removes the stage with the former generation.
func (s *Stage) confirmFolder(back func() error) error {
	if err := s.confirm(back); err != nil {
		return err
	}
	s.removeFormer(s.Dir)
	s.staging.remove()
	return nil
}

func (s *Stage) removeFormer(dir string) {
	if err := s.FS.RemoveAll(dir); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", dir, err))
	}
}

// confirm makes the new name durable, or undoes the publication.
func (s *Stage) confirm(back func() error) error {
	err := s.FS.SyncDir(s.target.parent)
	for i := len(s.target.made) - 1; err == nil && i >= 0; i-- {
		err = s.FS.SyncDir(filepath.Dir(s.target.made[i]))
	}
	if err != nil {
		return errors.Join(err, s.undo(back))
	}
	return nil
}

// undo takes a publication back, unless another one replaced it. If that fails, the next run removes the former
// generation: until then a power cut may bring it back.
func (s *Stage) undo(back func() error) error {
	if !filelock.IsAt(s.inner, s.target.path) && !s.target.pointsInto(s.Dir) {
		return nil
	}
	if err := back(); err != nil {
		s.unlock()
		return fmt.Errorf("the former output cannot be restored, so %s is the new one, complete: %w", s.target.path, err)
	}
	return nil
}

// publishLink points the target's symlink at the output.
func (s *Stage) publishLink() error {
	for _, dir := range []string{s.Dir, s.target.parent} { // the link leads through both
		if err := s.FS.SyncDir(dir); err != nil {
			return err
		}
	}
	former, _ := os.Readlink(s.target.path)
	if err := s.point(filepath.Join(filepath.Base(s.Dir), OutputName)); err != nil {
		return err
	}
	err := s.confirm(func() error {
		if former == "" {
			return s.FS.RemoveAll(s.target.path)
		}
		return s.point(former)
	})
	if err != nil || !s.target.isOutput(former) {
		return err
	}
	s.removeFormer(filepath.Join(s.target.parent, filepath.Dir(former)))
	return nil
}

// point replaces the target's symlink in one step.
func (s *Stage) point(to string) error {
	link := filepath.Join(s.Dir, "link")
	if err := s.FS.Symlink(to, link); err != nil {
		return err
	}
	if err := s.FS.Rename(link, s.target.path); err != nil {
		return errors.Join(err, s.FS.RemoveAll(link))
	}
	return nil
}
