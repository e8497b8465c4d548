package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// publication is a published folder held open, so that what is read belongs to one
// generation: a publication meanwhile gives the path to another folder, this
// one stays what it was until its files are removed.
type publication struct {
	path     string // as the user named it
	root     *os.Root
	manifest *Manifest // nil if it is damaged
	damage   error     // of the manifest
	held     map[string]*os.File
}

// errNoManifest is what there is to say of a folder that nothing can be held
// against.
var errNoManifest = errors.New("name a folder that civic-etl published")

// openPublication opens a folder and its manifest. A manifest that is there but
// damaged is no error: see damage.
func openPublication(path string) (*publication, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there: %w", path, errNoManifest)
	}
	if err != nil {
		return nil, withHint(err)
	}
	p := &publication{path: path, root: root}
	text, err := p.readManifest()
	if err != nil {
		root.Close()
		return nil, err
	}
	if p.manifest, p.damage = parseManifest(text); p.damage != nil {
		p.damage = fmt.Errorf("%s: %w", filepath.Join(path, ManifestFile), p.damage)
	}
	return p, nil
}

// example names a folder inside that was published, where several pipelines went to one folder.
func (p *publication) example() string {
	entries, err := fs.ReadDir(p.root.FS(), ".")
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if _, err := p.root.Lstat(filepath.Join(e.Name(), ManifestFile)); e.IsDir() && err == nil {
			return ", such as " + filepath.Join(p.path, e.Name())
		}
	}
	return ""
}

func (p *publication) readManifest() ([]byte, error) {
	text, err := manifestText(p.root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s holds no %s: %w%s", p.path, ManifestFile, errNoManifest, p.example())
	case errors.As(err, new(irregularError)):
		return nil, fmt.Errorf("%s is no regular file: %w", filepath.Join(p.path, ManifestFile), errNoManifest)
	case err != nil:
		return nil, fmt.Errorf("read the manifest of %s: %w", p.path, err)
	}
	return text, nil
}

func (p *publication) close() {
	for _, f := range p.held {
		_ = f.Close()
	}
	_ = p.root.Close()
}

// replaced says whether the path leads to another folder by now, so that this
// one's files may be on their way out.
func (p *publication) replaced() bool {
	held, err1 := p.root.Stat(".")
	named, err2 := os.Stat(p.path)
	return err1 == nil && (err2 != nil || !os.SameFile(held, named))
}

// generations bounds how often a reader begins anew because the folder was
// replaced under it.
const generations = 20

// steady reads a folder, and again as long as what it found wrong may come of a
// publication meanwhile.
func steady[T any](path string, read func(p *publication) (found T, sound bool, err error)) (T, error) {
	var none T
	for range generations {
		p, err := openPublication(path)
		if err != nil {
			if between(path, err) {
				continue
			}
			return none, err
		}
		found, sound, err := read(p)
		again := (err != nil || !sound) && p.replaced()
		p.close()
		if !again {
			return found, err
		}
	}
	return none, fmt.Errorf("%s was replaced %d times while it was read: try again when nothing is published to it", path, generations)
}

// between says whether a manifest that was not there may have gone with the
// generation it belonged to, as the path has one now.
func between(path string, err error) bool {
	if !errors.Is(err, errNoManifest) && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Lstat(filepath.Join(path, ManifestFile))
	return err == nil && info.Mode().IsRegular()
}

// open opens one of the folder's files for reading, and gives its size.
func (p *publication) open(name string) (*os.File, int64, error) { return openRegular(p.root, name) }
