package load

import (
	"errors"
	"fmt"
	"os"
)

// heldFiles is how many files of a folder are opened at once, so that they stay
// readable when a publication removes them.
const heldFiles = 256

// holdPublication opens a folder with its files: of each table those of the
// format that tells most.
func holdPublication(path string) (*publication, error) {
	for range generations {
		p, err := openPublication(path)
		if err != nil {
			if between(path, err) {
				continue
			}
			return nil, err
		}
		if p.damage != nil {
			p.close()
			return nil, fmt.Errorf("%w; civic-etl verify says more", p.damage)
		}
		complete, err := p.hold()
		if err == nil && (complete || !p.replaced()) {
			return p, nil
		}
		again := p.replaced()
		p.close()
		if !again {
			return nil, fmt.Errorf("%w; civic-etl verify %s says more", err, path)
		}
	}
	return nil, fmt.Errorf("%s was replaced %d times while it was read: try again when nothing is published to it", path, generations)
}

// hold opens files, and says whether it opened all.
func (p *publication) hold() (complete bool, err error) {
	p.held = map[string]*os.File{}
	for _, t := range p.manifest.Tables {
		_, files := t.best()
		for _, f := range files {
			if len(p.held) == heldFiles {
				return false, nil
			}
			file, _, err := p.open(f.Path)
			if err != nil {
				return false, err
			}
			p.held[f.Path] = file
		}
	}
	return true, nil
}

// shared opens a file, or takes the one that is held. What it gives back must
// be called in the end.
func (p *publication) shared(name string) (file *os.File, size int64, release func(), err error) {
	if file := p.held[name]; file != nil {
		info, err := file.Stat()
		if err != nil {
			return nil, 0, nil, err
		}
		return file, info.Size(), func() {}, nil
	}
	file, size, err = p.open(name)
	if err != nil && p.replaced() {
		err = fmt.Errorf("%s was replaced while it was read; try again: %w", p.path, err)
	}
	return file, size, func() { _ = file.Close() }, errors.Join(err)
}
