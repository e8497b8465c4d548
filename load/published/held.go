package published

import (
	"errors"
	"fmt"
	"os"

	"github.com/civic-etl/civic-etl/load/manifest"
)

// heldFiles is how many files of a folder are opened at once, so that they stay
// readable when a publication removes them.
const heldFiles = 256

// Hold opens a folder with its files: of each table those of the
// format that tells most.
func Hold(path string) (*Folder, error) {
	for range manifest.Attempts {
		p, err := Open(path)
		if err != nil {
			if manifest.Between(path, err) {
				continue
			}
			return nil, err
		}
		if p.Damage != nil {
			p.Close()
			return nil, fmt.Errorf("%w; civic-etl verify says more", p.Damage)
		}
		complete, err := p.holdOpen()
		if err == nil && (complete || !p.replaced()) {
			return p, nil
		}
		again := p.replaced()
		p.Close()
		if !again {
			return nil, fmt.Errorf("%w; civic-etl verify %s says more", err, path)
		}
	}
	return nil, fmt.Errorf("%s was replaced %d times while it was read: try again when nothing is published to it", path, manifest.Attempts)
}

// holdOpen opens files, and says whether it opened all.
func (p *Folder) holdOpen() (complete bool, err error) {
	p.held = map[string]*os.File{}
	for _, t := range p.Manifest.Tables {
		_, files := t.Best()
		for _, f := range files {
			if len(p.held) == heldFiles {
				return false, nil
			}
			file, _, err := p.OpenFile(f.Path)
			if err != nil {
				return false, err
			}
			p.held[f.Path] = file
		}
	}
	return true, nil
}

// Shared opens a file, or takes the one that is held. What it gives back must
// be called in the end.
func (p *Folder) Shared(name string) (file *os.File, size int64, release func(), err error) {
	if file := p.held[name]; file != nil {
		info, err := file.Stat()
		if err != nil {
			return nil, 0, nil, err
		}
		return file, info.Size(), func() {}, nil
	}
	file, size, err = p.OpenFile(name)
	if err != nil && p.replaced() {
		err = fmt.Errorf("%s was replaced while it was read; try again: %w", p.Path, err)
	}
	return file, size, func() { _ = file.Close() }, errors.Join(err)
}
