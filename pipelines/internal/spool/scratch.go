package spool

import "os"

type scratch struct {
	*os.File
	name string
}

// In makes the file in a folder. If the system allows it, the file has no name, so that nothing remains of it however
// the process ends.
func In(dir string) Place {
	return func() (File, error) {
		if file, err := openUnnamed(dir); err == nil {
			return file, nil
		}
		file, err := os.CreateTemp(dir, "civic-etl-*")
		if err != nil {
			return nil, err
		}
		if os.Remove(file.Name()) == nil {
			return file, nil
		}
		return &scratch{file, file.Name()}, nil // this system does not remove open files
	}
}

// Close implements io.Closer.
func (f *scratch) Close() error {
	err := f.File.Close()
	_ = os.Remove(f.name)
	return err
}
