package recording

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// RecordedMost bounds one file of a recording, which may come from anywhere: a
// page of the API's, with its nested connections read to their end.
const RecordedMost = 256 << 20

// read gives one of the recording's files, in the memory of b if it fits. Nothing
// but a regular file of the folder is read: a pipe would keep us waiting for
// ever, a symlink could lead anywhere.
func (r *replay) read(b []byte, name string) ([]byte, error) {
	path := filepath.Join(r.folder, name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	case info.Size() > RecordedMost:
		return nil, fmt.Errorf("%s has %d bytes, and no page is that long", path, info.Size())
	}
	b = slices.Grow(b[:0], int(info.Size()))[:info.Size()]
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}
