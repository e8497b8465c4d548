package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// target is the folder to publish. A symlink is followed: what it points at is
// replaced, the link stays; unless the link is our own (see publish.go).
type target struct {
	Path   string // absolute
	parent string
	name   string
	Link   bool     // a symlink to one of our generations
	made   []string // parents that were missing, outermost first
}

// FindTarget resolves the path a user gave. It changes nothing.
func FindTarget(given string) (target, error) {
	if base := filepath.Base(filepath.Clean(given)); given == "" || base == "." || base == ".." || base == string(filepath.Separator) {
		return target{}, fmt.Errorf("%q cannot be replaced as a whole: name a folder of its own, such as out/evidence", given)
	}
	path, err := filepath.Abs(given)
	if err != nil {
		return target{}, err
	}
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return followTarget(path)
	}
	if err == nil && !info.IsDir() {
		return target{}, fmt.Errorf("%s is a file: name a folder", given)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return target{}, err
	}
	return NewTarget(path), nil
}

func NewTarget(path string) target {
	return target{Path: path, parent: filepath.Dir(path), name: filepath.Base(path)}
}

func followTarget(link string) (target, error) {
	t := NewTarget(link)
	points, err := os.Readlink(link)
	if err != nil {
		return t, err
	}
	if t.isOutput(points) {
		t.Link = true
		return t, nil
	}
	real, err := filepath.EvalSymlinks(link)
	if err != nil {
		return t, fmt.Errorf("%s is a symlink to %s, which leads nowhere: mend or remove the link", link, points)
	}
	info, err := os.Stat(real)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a symlink to a file: name a folder", link)
	}
	return NewTarget(real), err
}

// isOutput says whether a symlink's text is that of our own to an output.
func (t target) isOutput(points string) bool {
	return filepath.Base(points) == OutputName && t.IsStage(filepath.Dir(points))
}

// pointsInto says whether the target is our own link into the stage.
func (t target) pointsInto(stage string) bool {
	points, err := os.Readlink(t.Path)
	return err == nil && points == filepath.Join(filepath.Base(stage), OutputName)
}

// MakeParents makes the folders above the target that are missing.
func (t *target) MakeParents(f disk.FS) error {
	var missing []string
	for dir := t.parent; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is a file, so that nothing can be put below it", dir)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		missing = append(missing, dir)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		err := f.Mkdir(missing[i])
		if errors.Is(err, fs.ErrExist) {
			continue // another process was faster
		}
		if err != nil {
			return err
		}
		t.made = append(t.made, missing[i])
	}
	return nil
}

// RemoveParents takes back the parents that were made, as far as they are
// empty.
func (t *target) RemoveParents() {
	for i := len(t.made) - 1; i >= 0; i-- {
		if os.Remove(t.made[i]) != nil {
			return
		}
	}
}

// ErrForeign marks a folder that holds what civic-etl did not write.
var ErrForeign = errors.New("move it away, or publish to another folder")

// CheckOwned makes sure that a folder may be replaced: it is not there, or
// empty, or holds nothing but what a manifest lists.
func CheckOwned(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := manifest.Read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds files and no %s, so civic-etl did not write it: %w", dir, manifest.Name, ErrForeign)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrForeign)
	}
	known := map[string]bool{manifest.Name: true, manifest.SuccessName: true, manifest.RejectsName: true}
	for _, t := range m.Tables {
		for _, f := range t.Files {
			known[f.Path] = true
		}
	}
	return fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // replaced or removed by another process meanwhile
		}
		if err == nil && !d.IsDir() && !known[path] {
			return fmt.Errorf("%s holds %s, which civic-etl did not write: %w", dir, path, ErrForeign)
		}
		return err
	})
}
