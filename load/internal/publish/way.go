package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// way is how an output becomes the target.
//
//   - byExchange: the first publication renames the output to the target, unless another process made the target
//     meanwhile. A later one exchanges the two in one step, and removes the former generation with the stage.
//   - byLink: on a file system without exchange, the target is a symlink to the output in the stage, and publishing
//     replaces the link.
//   - inSteps: a folder in a lower layer (overlayfs) can be neither exchanged nor renamed, only emptied. The output is
//     renamed over the empty folder, and the next publication can exchange it. A journal makes sure that the next run
//     completes what a crash interrupts.
//
// With the first two, readers see the one generation or the other.
type way int

const (
	byExchange way = iota
	byLink
	inSteps
)

// chooseWay tries on the folders of the stage, and on the target, how the target can be published.
func (s *Stage) chooseWay(probe string) error {
	if s.way == byLink {
		return nil
	}
	err := s.FS.Exchange(probe, s.Output())
	if errors.Is(err, errors.ErrUnsupported) {
		return s.chooseLink(err)
	}
	if err != nil || !exists(s.target.path) {
		return err
	}
	return s.tryTarget(probe)
}

// chooseLink chooses to publish by symlink.
func (s *Stage) chooseLink(why error) error {
	const cannot = "this file system cannot exchange folders in one step: "
	if _, err := os.Lstat(s.target.path); err == nil {
		return fmt.Errorf(cannot+"move %s away once, and later runs will publish it as a symlink: %w", s.target.path, why)
	}
	s.notice(fmt.Sprintf(cannot+"%s becomes a symlink to the folder that holds the files", s.target.path))
	s.way = byLink
	return nil
}

// tryTarget tries whether the target can be renamed, without renaming it: the new name belongs to a folder that is not
// empty, which no rename replaces. The file system checks that last.
func (s *Stage) tryTarget(probe string) error {
	if err := s.FS.Mkdir(filepath.Join(probe, "full")); err != nil {
		return err
	}
	err := s.FS.Replace(s.target.path, probe)
	switch {
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		return errors.Join(fmt.Errorf("the file system of %s replaces folders that hold files: publish to another one",
			s.target.path), s.FS.Place(probe, s.target.path))
	case errors.Is(err, syscall.EXDEV) && s.FS.Layered(s.target.path):
		s.notice(fmt.Sprintf("%s lies in a lower layer of its file system (a container image) and cannot be replaced in one "+
			"step: readers may find it without files for some milliseconds; the next publication is atomic again; "+
			"to avoid this, publish to a volume, or to a folder that the image does not hold", s.target.path))
		s.way = inSteps
		return nil
	}
	return fmt.Errorf("%s cannot be replaced: %w", s.target.path, err)
}

// replaceInSteps empties the target, and renames the output over it. It refuses foreign files before it removes the
// first. After a crash it may be repeated: known are the files that it may remove.
func replaceInSteps(f disk.FS, output, target string, known map[string]bool) error {
	if err := checkFiles(target, known); err != nil {
		return err
	}
	entries, err := os.ReadDir(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := []string{manifest.SuccessName, manifest.Name} // first, so that readers see that it is not whole
	for _, e := range entries {
		names = append(names, e.Name())
	}
	for _, name := range names {
		if err := f.RemoveAll(filepath.Join(target, name)); err != nil {
			return err
		}
	}
	return f.Replace(output, target)
}
