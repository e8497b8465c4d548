package spool

import "os"

// scratch is a file that goes when it is closed.
type scratch struct {
	*os.File
	name string // "" if it has none
}

// NewScratch makes a file, if that goes without a name: then nothing is left of it
// whatever ends the process.
func NewScratch(dir string) (File, error) {
	if file, err := openUnnamed(dir); err == nil {
		return &scratch{File: file}, nil
	}
	file, err := os.CreateTemp(dir, "civic-etl-*")
	if err != nil {
		return nil, err
	}
	if os.Remove(file.Name()) == nil {
		return &scratch{File: file}, nil
	}
	return &scratch{file, file.Name()}, nil // an open file cannot be removed here
}

func (f *scratch) Close() error {
	err := f.File.Close()
	if f.name != "" {
		_ = os.Remove(f.name)
	}
	return err
}
