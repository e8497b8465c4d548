package publish

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// PublishAll makes the outputs of stages their targets, all or none, and ends the stages. After an error, failed is the
// index of the stage that it is about; the targets are unchanged, unless the error says otherwise.
func PublishAll(stages []*Stage) (failed int, err error) {
	g := newGroup(stages)
	for i, s := range stages {
		if err := s.prepare(g.journaled); err != nil {
			return i, err
		}
		if err := g.Members[i].describe(s); err != nil {
			return i, err
		}
	}
	if failed, err := g.write(); err != nil {
		return failed, errors.Join(err, g.forget())
	}
	if failed, err := g.publish(); err != nil {
		undone := g.undo()
		if undone == nil {
			return failed, errors.Join(err, g.forget())
		}
		for _, s := range stages {
			s.keep = true
		}
		return failed, errors.Join(err, undone)
	}
	if err := g.forget(); err != nil {
		stages[0].notice(fmt.Sprintf("published, but its journal stays until the next run: %v", err))
	}
	for i, s := range stages {
		s.end(g.Members[i].Link)
	}
	return 0, nil
}

// prepare gives the files of the output their final names, and makes the output durable. With a journal, the next run
// must find the stage too.
func (s *Stage) prepare(journaled bool) error {
	if !filelock.IsAt(s.inner, s.Output()) {
		return fmt.Errorf("%s was removed or replaced by another program: run again", s.Output())
	}
	if s.way != byLink {
		s.moveToStaging()
	}
	if err := s.renameAll(); err != nil {
		return err
	}
	var dirs []string
	if journaled || s.way == byLink { // the link leads through both
		dirs = []string{s.Dir, s.target.parent}
	}
	if journaled {
		if err := s.keepFormer(); err != nil {
			return err
		}
		dirs = append(dirs, filepath.Dir(s.Dir))
		for _, made := range s.target.made {
			dirs = append(dirs, filepath.Dir(made))
		}
	}
	for _, dir := range dirs {
		if err := s.FS.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// publish publishes the members that are not published yet, and makes that durable. Members that cannot be undone come
// last, when no other can fail any more.
func (g *group) publish() (failed int, err error) {
	for i, m := range g.Members {
		if m.Way == byLink || m.isPublished() || m.isBegun() {
			continue
		}
		if err := checkOwned(m.Target); err != nil {
			return i, err
		}
	}
	for _, last := range []bool{false, true} {
		for _, step := range []func(*member) error{(*member).publish, (*member).sync} {
			for i, m := range g.Members {
				if (m.Way == inSteps) != last {
					continue
				}
				if err := step(m); err != nil {
					return i, err
				}
			}
		}
	}
	return 0, nil
}

func (m *member) publish() error {
	switch {
	case m.isPublished():
		return nil
	case m.Way == byLink:
		return m.point(filepath.Join(filepath.Base(m.Stage), OutputName))
	case m.Way == inSteps:
		known, err := m.former()
		if err != nil {
			return err
		}
		return replaceInSteps(m.fs, m.output(), m.Target, known)
	}
	return m.exchange()
}

// exchange renames the output to the target, or exchanges the two.
func (m *member) exchange() error {
	const tries = 10 // each may fail because of another program
	for range tries {
		err := m.fs.Place(m.output(), m.Target)
		if !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := checkOwned(m.Target); err != nil {
			return err
		}
		err = m.fs.Exchange(m.output(), m.Target)
		if err == nil {
			// The former generation could get foreign files at the last moment.
			if err := checkOwned(m.output()); errors.Is(err, ErrForeign) {
				return err
			}
			return nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s appeared and disappeared %d times: stop other programs that work on it", m.Target, tries)
}

// point replaces the target's symlink in one step.
func (m *member) point(to string) error {
	link := filepath.Join(m.Stage, "link")
	if err := m.fs.RemoveAll(link); err != nil { // of a run that was interrupted here
		return err
	}
	if err := m.fs.Symlink(to, link); err != nil {
		return err
	}
	if err := m.fs.Rename(link, m.Target); err != nil {
		return errors.Join(err, m.fs.RemoveAll(link))
	}
	return nil
}

// sync makes the new name durable.
func (m *member) sync() error {
	err := m.fs.SyncDir(filepath.Dir(m.Target))
	for _, made := range slices.Backward(m.made) {
		if err == nil {
			err = m.fs.SyncDir(filepath.Dir(made))
		}
	}
	return err
}

// undo takes all publications back, the last one first. If that fails, the next run completes or undoes them.
func (g *group) undo() error {
	for _, m := range slices.Backward(g.Members) {
		if err := m.undo(); err != nil {
			if g.journaled {
				return fmt.Errorf("the publication of %s cannot be undone now: the next run completes or undoes it: %w",
					g.targets(), err)
			}
			return fmt.Errorf("the former output cannot be restored, so %s is the new one, complete: %w", m.Target, err)
		}
	}
	if !g.journaled { // a power cut leaves the one or the other
		return nil
	}
	for _, m := range g.Members {
		if err := m.fs.SyncDir(filepath.Dir(m.Target)); err != nil {
			return err
		}
	}
	return nil
}

// undo takes one publication back, unless it did not happen, or another one replaced it.
func (m *member) undo() error {
	if m.Way == inSteps && (m.isPublished() || m.isBegun()) {
		return fmt.Errorf("the former files of %s are gone", m.Target)
	}
	switch {
	case !m.isPublished():
		return nil
	case m.Way == byLink && m.Link == "":
		return m.fs.RemoveAll(m.Target)
	case m.Way == byLink:
		return m.point(m.Link)
	case exists(m.output()):
		return m.fs.Exchange(m.Target, m.output())
	}
	return m.fs.Place(m.Target, m.output())
}

// end removes the former generation and the stage. link is the text of the former symlink.
func (s *Stage) end(link string) {
	switch {
	case s.way != byLink:
		s.removeFormer(s.Dir)
		s.staging.remove()
	case s.target.isOutput(link):
		s.removeFormer(filepath.Join(s.target.parent, filepath.Dir(link)))
	}
	s.unlock()
}

func (s *Stage) removeFormer(dir string) {
	if err := s.FS.RemoveAll(dir); err != nil {
		s.notice(fmt.Sprintf("published, but the former files stay in %s until the next run: %v", dir, err))
	}
}
