package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/internal/filelock"
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
func (s *stage) chooseLink(why error) error {
	if _, err := os.Lstat(s.target.path); err == nil {
		return fmt.Errorf("this file system cannot exchange folders in one step: move %s away once, and it will be published as a symlink from then on: %w", s.target.path, why)
	}
	s.notice(fmt.Sprintf("this file system cannot exchange folders in one step: %s becomes a symlink to the folder that holds the files", s.target.path))
	s.link = true
	return nil
}

// publish makes the output the target. After an error the target is what it was
// before, except where the error says otherwise.
func (s *stage) publish() error {
	if !filelock.IsAt(s.inner, s.output()) {
		return fmt.Errorf("%s is not the folder any more that was written to: something removed or replaced it; run again", s.output())
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

func (s *stage) publishFolder() error {
	const tries = 10 // each lost to another publisher of the same target
	for range tries {
		err := s.fs.Place(s.output(), s.target.path)
		if err == nil {
			if err := s.confirm(func() error { return s.fs.Place(s.target.path, s.output()) }); err != nil {
				return err
			}
			s.clear()
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := checkOurs(s.target.path); err != nil {
			return err
		}
		err = s.fs.Exchange(s.output(), s.target.path)
		if err == nil {
			return s.retire()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s kept appearing and disappearing", s.target.path)
}

// retire removes the former generation, which is in the stage now, once it is
// sure that nobody put a file of their own there at the last moment, and that
// the exchange will survive a power cut.
func (s *stage) retire() error {
	back := func() error { return s.fs.Exchange(s.output(), s.target.path) }
	if err := checkOurs(s.output()); errors.Is(err, errForeign) {
		return errors.Join(err, s.undo(back))
	}
	if err := s.confirm(back); err != nil {
		return err
	}
	s.clear()
	return nil
}

// clear removes the stage of a published output, with what was published before.
func (s *stage) clear() {
	if err := s.fs.RemoveAll(s.dir); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", s.dir, err))
	}
	s.aside.leave()
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

// undo takes a publication back, unless another one has replaced it. Where it
// cannot be taken back, what was there before is left to the next run: only then
// is it sure which of the two a power cut would leave.
func (s *stage) undo(back func() error) error {
	if !filelock.IsAt(s.inner, s.target.path) && !s.target.pointsInto(s.dir) {
		return nil
	}
	if err := back(); err != nil {
		s.release()
		return fmt.Errorf("and the former output could not be put back, so %s is the new one, complete: %w", s.target.path, err)
	}
	return nil
}

// publishLink points the target's symlink at the output.
func (s *stage) publishLink() error {
	for _, dir := range []string{s.dir, s.target.parent} { // which stays: the link will lead through both
		if err := s.fs.SyncDir(dir); err != nil {
			return err
		}
	}
	former, _ := os.Readlink(s.target.path)
	if err := s.point(filepath.Join(filepath.Base(s.dir), outputName)); err != nil {
		return err
	}
	err := s.confirm(func() error {
		if former == "" {
			return s.fs.RemoveAll(s.target.path)
		}
		return s.point(former)
	})
	if err != nil || !s.target.isOutput(former) {
		return err
	}
	if err := s.fs.RemoveAll(filepath.Join(s.target.parent, filepath.Dir(former))); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", former, err))
	}
	return nil
}

// point replaces the target's symlink in one step.
func (s *stage) point(to string) error {
	link := filepath.Join(s.dir, "link")
	if err := s.fs.Symlink(to, link); err != nil {
		return err
	}
	if err := s.fs.Rename(link, s.target.path); err != nil {
		return errors.Join(err, s.fs.RemoveAll(link))
	}
	return nil
}
