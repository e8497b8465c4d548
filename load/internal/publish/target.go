package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// target is the folder to publish. If it is a symlink, the folder it leads to is replaced, unless the link is our own.
type target struct {
	path   string // absolute
	parent string
	name   string
	link   bool     // a symlink to one of our generations
	made   []string // parents that were made, innermost first
}

// findTarget resolves the path that the user gave. It changes nothing.
func findTarget(given string) (target, error) {
	base := filepath.Base(filepath.Clean(given))
	if given == "" || base == "." || base == ".." || base == string(filepath.Separator) {
		return target{}, fmt.Errorf("%q cannot be replaced as a whole: name a folder for the output alone, "+
			"for example out/evidence", given)
	}
	path, err := filepath.Abs(given)
	if err != nil {
		return target{}, err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return target{}, err
	case info.Mode()&fs.ModeSymlink != 0:
		return followLink(path)
	case !info.IsDir():
		return target{}, fmt.Errorf("%s is a file: name a folder", given)
	}
	return newTarget(path), nil
}

func newTarget(path string) target {
	return target{path: path, parent: filepath.Dir(path), name: filepath.Base(path)}
}

func followLink(link string) (target, error) {
	t := newTarget(link)
	to, err := os.Readlink(link)
	if err != nil {
		return t, err
	}
	if t.isOutput(to) {
		t.link = true
		return t, nil
	}
	real, err := filepath.EvalSymlinks(link)
	if err != nil {
		return t, fmt.Errorf("%s is a symlink to %s, which leads nowhere: correct or remove the link", link, to)
	}
	info, err := os.Stat(real)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a symlink to a file: name a folder", link)
	}
	return newTarget(real), err
}

// isOutput reports whether the text of a symlink is one of our own, to an output.
func (t target) isOutput(to string) bool {
	return filepath.Base(to) == OutputName && t.isStage(filepath.Dir(to))
}

// pointsInto reports whether the target is our own link into the stage.
func (t target) pointsInto(stage string) bool {
	to, err := os.Readlink(t.path)
	return err == nil && to == filepath.Join(filepath.Base(stage), OutputName)
}

// check refuses a target that cannot be published. It changes nothing.
func (t target) check() error {
	if disk.IsMountPoint(t.path) {
		return fmt.Errorf("%s cannot be replaced: %w", t.path, syscall.EBUSY)
	}
	if err := checkAbove(t.path); err != nil {
		return err
	}
	if t.link || exists(t.beside("journal")) { // then the target may be incomplete
		return nil
	}
	return checkOwned(t.path)
}

// makeParents makes the missing folders above the target.
func (t *target) makeParents(f disk.FS) error {
	missing := missingFolders(t.parent)
	above := t.parent
	if n := len(missing); n > 0 {
		above = filepath.Dir(missing[n-1])
	}
	if info, err := os.Stat(above); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file: publish to another folder", above)
	}
	for _, dir := range slices.Backward(missing) {
		err := f.Mkdir(dir)
		if errors.Is(err, fs.ErrExist) {
			continue // another process made it
		}
		if err != nil {
			return err
		}
		t.made = slices.Insert(t.made, 0, dir)
	}
	return nil
}

// ErrForeign marks a folder with files that civic-etl did not write.
var ErrForeign = errors.New("move it away, or publish to another folder")

// checkOwned checks that a folder may be replaced: it is missing, or empty, or holds only files in its manifest. Litter
// of other programs counts for nothing.
func checkOwned(dir string) error {
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return isLitter(e.Name(), e) })
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := manifest.Read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		for _, e := range entries {
			if below := publishedBelow(dir, filepath.Join(e.Name(), manifest.Name)); below != "" {
				return fmt.Errorf("%s holds %s, which another pipeline publishes: %w", dir, below, ErrForeign)
			}
		}
		return fmt.Errorf("%s holds files and no %s, so civic-etl did not write it: %w", dir, manifest.Name, ErrForeign)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrForeign)
	}
	return checkFiles(dir, m.Paths())
}

// checkFiles checks that a folder holds known files only.
func checkFiles(dir string, known map[string]bool) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process replaced or removed it
		}
		if err == nil && !d.IsDir() && !known[path] && !isLitter(path, d) {
			if below := publishedBelow(dir, path); below != "" {
				return fmt.Errorf("%s holds %s, which another pipeline publishes: %w", dir, below, ErrForeign)
			}
			return fmt.Errorf("%s holds %s, which civic-etl did not write: %w", dir, path, ErrForeign)
		}
		return err
	})
}

func isLitter(name string, d fs.DirEntry) bool { return d.Type().IsRegular() && manifest.Litter(name) }

// litterIn lists the litter of other programs in a folder.
func litterIn(dir string) (litter []string) {
	_ = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && isLitter(path, d) {
			litter = append(litter, path)
		}
		return nil // what cannot be listed fails elsewhere
	})
	return litter
}
