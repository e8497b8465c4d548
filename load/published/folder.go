// Package published reads a folder that civic-etl published. It takes a path and gives the manifest, open files, and
// rows as record batches or canonical text, all of one generation: a publication during the read is noticed, and the
// read starts again. Parquet is decoded by arrow-go and text by strict parsers, not by the code that wrote it. It
// never writes.
package published

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// Folder is an open published folder. After another publication it is still the former generation, until its files
// are removed.
type Folder struct {
	Path     string // as the user named it
	Root     *os.Root
	Manifest *manifest.Manifest // nil if it is damaged
	Damage   error              // of the manifest
	files    map[string]*os.File
}

// open opens a folder and its manifest. A damaged manifest is not an error.
func open(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: %w", path, manifest.ErrNone)
	}
	if err != nil {
		return nil, disk.WithHint(err)
	}
	p := &Folder{Path: path, Root: root, files: map[string]*os.File{}}
	text, err := manifest.ReadText(root)
	if err != nil {
		defer root.Close()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s holds no %s: %w%s", path, manifest.Name, manifest.ErrNone, p.example())
		}
		return nil, fmt.Errorf("read the manifest of %s: %w", path, err)
	}
	if p.Manifest, p.Damage = manifest.Parse(text); p.Damage != nil {
		p.Damage = fmt.Errorf("%s: %w", filepath.Join(path, manifest.Name), p.Damage)
	}
	return p, nil
}

// example names a published folder inside the folder: one per pipeline, if several pipelines were published.
func (p *Folder) example() string {
	found, err := fs.Glob(p.Root.FS(), "*/"+manifest.Name)
	if err != nil || len(found) == 0 {
		return ""
	}
	return ", for example " + filepath.Join(p.Path, filepath.Dir(found[0]))
}

// Close closes the folder and its files.
func (p *Folder) Close() {
	for _, f := range p.files {
		_ = f.Close()
	}
	_ = p.Root.Close()
}

// replaced reports whether the path now leads to another folder, so that files of this one may disappear.
func (p *Folder) replaced() bool {
	opened, err1 := p.Root.Stat(".")
	named, err2 := os.Stat(p.Path)
	return err1 == nil && (err2 != nil || !os.SameFile(opened, named))
}

// Read opens a folder for the call of read. If read fails, or finds the folder not sound, and a publication replaced
// the folder meanwhile, it reads the new one.
func Read[T any](path string, read func(p *Folder) (result T, sound bool, err error)) (T, error) {
	return retry(path, func(p *Folder) (T, bool, error) {
		defer p.Close()
		result, sound, err := read(p)
		return result, err == nil && sound || !p.replaced(), err
	})
}

func retry[T any](path string, attempt func(p *Folder) (result T, done bool, err error)) (T, error) {
	var none T
	for range manifest.Attempts {
		p, err := open(path)
		if manifest.Reappeared(path, err) {
			continue
		}
		if err != nil {
			return none, err
		}
		if result, done, err := attempt(p); done {
			return result, err
		}
	}
	return none, fmt.Errorf("%s was replaced %d times during the read: try again when no run publishes to it",
		path, manifest.Attempts)
}

// maxFiles is the maximum number of files that Open keeps open.
const maxFiles = 256

// Open opens a folder with its files, so that they stay readable when a publication removes them: of each table the
// files of the best format.
func Open(path string) (*Folder, error) {
	return retry(path, func(p *Folder) (*Folder, bool, error) {
		if p.Damage != nil {
			p.Close()
			return nil, true, fmt.Errorf("%w; civic-etl verify says more", p.Damage)
		}
		complete, err := p.openFiles()
		replaced := p.replaced()
		if err == nil && (complete || !replaced) {
			return p, true, nil
		}
		p.Close()
		return nil, !replaced, fmt.Errorf("%w; civic-etl verify %s says more", err, path)
	})
}

func (p *Folder) openFiles() (complete bool, err error) {
	for _, t := range p.Manifest.Tables {
		_, files := t.Best()
		for _, f := range files {
			if len(p.files) == maxFiles {
				return false, nil
			}
			if p.files[f.Path], _, err = p.OpenFile(f.Path); err != nil {
				delete(p.files, f.Path)
				return false, err
			}
		}
	}
	return true, nil
}

// OpenFile opens one of the folder's files for reading, and returns its size.
func (p *Folder) OpenFile(name string) (*os.File, int64, error) {
	return disk.OpenRegular(p.Root, name)
}

// useFile calls do with one of the files that Open keeps open, or opens it for the call.
func (p *Folder) useFile(name string, do func(*io.SectionReader) error) error {
	if file := p.files[name]; file != nil {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		return do(io.NewSectionReader(file, 0, info.Size()))
	}
	file, size, err := p.OpenFile(name)
	if err != nil && p.replaced() {
		return fmt.Errorf("%s was replaced during the read; try again: %w", p.Path, err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return do(io.NewSectionReader(file, 0, size))
}
