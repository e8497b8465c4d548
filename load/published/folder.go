package published

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// Folder is a published folder held open, so that what is read belongs to one
// generation: a publication meanwhile gives the path to another folder, this
// one stays what it was until its files are removed.
type Folder struct {
	Path     string // as the user named it
	Root     *os.Root
	Manifest *manifest.Manifest // nil if it is damaged
	Damage   error              // of the manifest
	held     map[string]*os.File
}

// Open opens a folder and its manifest. A manifest that is there but
// damaged is no error: see damage.
func Open(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: %w", path, manifest.ErrNone)
	}
	if err != nil {
		return nil, disk.WithHint(err)
	}
	p := &Folder{Path: path, Root: root}
	text, err := p.readManifest()
	if err != nil {
		root.Close()
		return nil, err
	}
	if p.Manifest, p.Damage = manifest.Parse(text); p.Damage != nil {
		p.Damage = fmt.Errorf("%s: %w", filepath.Join(path, manifest.Name), p.Damage)
	}
	return p, nil
}

// example names a folder inside that was published, where several pipelines went to one folder.
func (p *Folder) example() string {
	entries, err := fs.ReadDir(p.Root.FS(), ".")
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if _, err := p.Root.Lstat(filepath.Join(e.Name(), manifest.Name)); e.IsDir() && err == nil {
			return ", such as " + filepath.Join(p.Path, e.Name())
		}
	}
	return ""
}

func (p *Folder) readManifest() ([]byte, error) {
	text, err := manifest.ReadText(p.Root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s holds no %s: %w%s", p.Path, manifest.Name, manifest.ErrNone, p.example())
	case errors.As(err, new(disk.IrregularError)):
		return nil, fmt.Errorf("%s is no regular file: %w", filepath.Join(p.Path, manifest.Name), manifest.ErrNone)
	case err != nil:
		return nil, fmt.Errorf("read the manifest of %s: %w", p.Path, err)
	}
	return text, nil
}

func (p *Folder) Close() {
	for _, f := range p.held {
		_ = f.Close()
	}
	_ = p.Root.Close()
}

// replaced says whether the path leads to another folder by now, so that this
// one's files may be on their way out.
func (p *Folder) replaced() bool {
	held, err1 := p.Root.Stat(".")
	named, err2 := os.Stat(p.Path)
	return err1 == nil && (err2 != nil || !os.SameFile(held, named))
}

// Steady reads a folder, and again as long as what it found wrong may come of a
// publication meanwhile.
func Steady[T any](path string, read func(p *Folder) (found T, sound bool, err error)) (T, error) {
	var none T
	for range manifest.Attempts {
		p, err := Open(path)
		if err != nil {
			if manifest.Between(path, err) {
				continue
			}
			return none, err
		}
		found, sound, err := read(p)
		again := (err != nil || !sound) && p.replaced()
		p.Close()
		if !again {
			return found, err
		}
	}
	return none, fmt.Errorf("%s was replaced %d times while it was read: try again when nothing is published to it", path, manifest.Attempts)
}

// OpenFile opens one of the folder's files for reading, and gives its size.
func (p *Folder) OpenFile(name string) (*os.File, int64, error) {
	return disk.OpenRegular(p.Root, name)
}
