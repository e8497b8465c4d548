package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// How an output becomes the target. The stage moves aside, the files get their
// final names, then: the first time the output is renamed to the target, unless
// something came there meanwhile; after that the two change places in one step,
// and what was published before is removed with the stage. Readers see the one
// or the other, whatever kills us.
//
// A file system that can do neither gets a symlink: the stage stays where it
// is, the target is a link to the output in it, and publishing is replacing the
// link.

// chooseLink settles for publishing by symlink.
func (s *Stage) chooseLink(why error) error {
	if _, err := os.Lstat(s.target.Path); err == nil {
		return fmt.Errorf("this file system cannot exchange folders in one step: move %s away once, and it will be published as a symlink from then on: %w", s.target.Path, why)
	}
	s.notice(fmt.Sprintf("this file system cannot exchange folders in one step: %s becomes a symlink to the folder that holds the files", s.target.Path))
	s.link = true
	return nil
}

// Publish makes the output the target. After an error the target is what it was
// before, except where the error says otherwise.
func (s *Stage) Publish() error {
	if !filelock.IsAt(s.inner, s.Output()) {
		return fmt.Errorf("%s is not the folder any more that was written to: something removed or replaced it; run again", s.Output())
	}
	if !s.link {
		s.withdraw()
	}
	if err := s.settle(); err != nil {
		return err
	}
	if s.link {
		return s.publishLink()
	}
	return s.publishFolder()
}

func (s *Stage) publishFolder() error {
	const tries = 10 // each lost to another publisher of the same target
	for range tries {
		err := s.FS.Place(s.Output(), s.target.Path)
		if err == nil {
			if err := s.confirm(func() error { return s.FS.Place(s.target.Path, s.Output()) }); err != nil {
				return err
			}
			s.clear()
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := CheckOwned(s.target.Path); err != nil {
			return err
		}
		err = s.FS.Exchange(s.Output(), s.target.Path)
		if err == nil {
			return s.retire()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s kept appearing and disappearing", s.target.Path)
}

// retire removes the former generation, which is in the stage now, once it is
// sure that nobody put a file of their own there at the last moment, and that
// the exchange will survive a power cut.
func (s *Stage) retire() error {
	back := func() error { return s.FS.Exchange(s.Output(), s.target.Path) }
	if err := CheckOwned(s.Output()); errors.Is(err, ErrForeign) {
		return errors.Join(err, s.undo(back))
	}
	if err := s.confirm(back); err != nil {
		return err
	}
	s.clear()
	return nil
}

// clear removes the stage of a published output, with what was published before.
func (s *Stage) clear() {
	if err := s.FS.RemoveAll(s.Dir); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", s.Dir, err))
	}
	s.aside.leave()
}

// confirm makes the new name durable, or takes it back.
func (s *Stage) confirm(back func() error) error {
	err := s.FS.SyncDir(s.target.parent)
	for i := 0; err == nil && i < len(s.target.made); i++ {
		err = s.FS.SyncDir(filepath.Dir(s.target.made[i]))
	}
	if err != nil {
		return errors.Join(err, s.undo(back))
	}
	return nil
}

// undo takes a publication back, unless another one has replaced it. Where it
// cannot be taken back, what was there before is left to the next run: only then
// is it sure which of the two a power cut would leave.
func (s *Stage) undo(back func() error) error {
	if !filelock.IsAt(s.inner, s.target.Path) && !s.target.pointsInto(s.Dir) {
		return nil
	}
	if err := back(); err != nil {
		s.Release()
		return fmt.Errorf("and the former output could not be put back, so %s is the new one, complete: %w", s.target.Path, err)
	}
	return nil
}

// publishLink points the target's symlink at the output.
func (s *Stage) publishLink() error {
	for _, dir := range []string{s.Dir, s.target.parent} { // which stays: the link will lead through both
		if err := s.FS.SyncDir(dir); err != nil {
			return err
		}
	}
	former, _ := os.Readlink(s.target.Path)
	if err := s.point(filepath.Join(filepath.Base(s.Dir), OutputName)); err != nil {
		return err
	}
	err := s.confirm(func() error {
		if former == "" {
			return s.FS.RemoveAll(s.target.Path)
		}
		return s.point(former)
	})
	if err != nil || !s.target.isOutput(former) {
		return err
	}
	if err := s.FS.RemoveAll(filepath.Join(s.target.parent, filepath.Dir(former))); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", former, err))
	}
	return nil
}

// point replaces the target's symlink in one step.
func (s *Stage) point(to string) error {
	link := filepath.Join(s.Dir, "link")
	if err := s.FS.Symlink(to, link); err != nil {
		return err
	}
	if err := s.FS.Rename(link, s.target.Path); err != nil {
		return errors.Join(err, s.FS.RemoveAll(link))
	}
	return nil
}
