package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// How a stage becomes the target. The first time it is renamed to it, unless
// something came there meanwhile; after that the two change places in one step,
// and what was published before is removed under the stage's name. Readers see
// the one or the other, whatever kills us.
//
// A file system that can do neither gets a symlink: the stage stays where it
// is, the target is a link to it, and publishing is replacing the link.

// linkSuffix ends the name of a link that is about to become the target.
const linkSuffix = ".link"

// publish makes the settled stage the target. After an error the target is
// what it was before, except where the error says otherwise.
func (s *stage) publish() error {
	if s.target.link {
		return s.publishLink()
	}
	err := s.publishFolder()
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if _, statErr := os.Lstat(s.target.path); statErr == nil {
		return fmt.Errorf("this file system cannot exchange folders in one step: move %s away once, and it will be published as a symlink from then on: %w", s.target.path, err)
	}
	s.notice(fmt.Sprintf("this file system cannot exchange folders in one step: %s becomes a symlink to the folder that holds the files", s.target.path))
	return s.publishLink()
}

func (s *stage) publishFolder() error {
	const tries = 10 // each lost to another publisher of the same target
	for range tries {
		err := s.fs.Place(s.dir, s.target.path)
		if err == nil {
			return s.confirm(func() error { return s.fs.Place(s.target.path, s.dir) })
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := checkOurs(s.target.path); err != nil {
			return err
		}
		err = s.fs.Exchange(s.dir, s.target.path)
		if err == nil {
			return s.retire()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s kept appearing and disappearing", s.target.path)
}

// retire removes the former generation, which now has the stage's name, once it
// is sure that nobody put a file of their own there at the last moment, and
// that the exchange will survive a power cut.
func (s *stage) retire() error {
	back := func() error { return s.fs.Exchange(s.dir, s.target.path) }
	if err := checkOurs(s.dir); errors.Is(err, errForeign) {
		return errors.Join(err, s.undo(back))
	}
	if err := s.confirm(back); err != nil {
		return err
	}
	if err := s.fs.RemoveAll(s.dir); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", s.dir, err))
	}
	return nil
}

// confirm makes the new name durable, or takes it back.
func (s *stage) confirm(back func() error) error {
	err := s.fs.SyncDir(s.target.parent)
	for i := 0; err == nil && i < len(s.target.made); i++ {
		err = s.fs.SyncDir(filepath.Dir(s.target.made[i]))
	}
	if err != nil {
		return errors.Join(err, s.undo(back))
	}
	return nil
}

// undo takes a publication back, unless another one has replaced it.
func (s *stage) undo(back func() error) error {
	if !sameFolder(s.lock, s.target.path) && !s.target.pointsAt(s.dir) {
		return nil
	}
	if err := back(); err != nil {
		return fmt.Errorf("and the former output could not be put back, so %s is the new one, complete: %w", s.target.path, err)
	}
	return nil
}

// publishLink points the target's symlink at the stage.
func (s *stage) publishLink() error {
	former, _ := os.Readlink(s.target.path)
	if err := s.point(filepath.Base(s.dir)); err != nil {
		return err
	}
	err := s.confirm(func() error {
		if former == "" {
			return s.fs.RemoveAll(s.target.path)
		}
		return s.point(former)
	})
	if err != nil || !s.target.isStage(former) {
		return err
	}
	if err := s.fs.RemoveAll(filepath.Join(s.target.parent, former)); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", former, err))
	}
	return nil
}

// point replaces the target's symlink in one step.
func (s *stage) point(name string) error {
	link := s.dir + linkSuffix
	if err := s.fs.Symlink(name, link); err != nil {
		return err
	}
	if err := s.fs.Rename(link, s.target.path); err != nil {
		return errors.Join(err, s.fs.RemoveAll(link))
	}
	return nil
}
