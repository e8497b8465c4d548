package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/disk"
)

// markWithin is the number of first bytes of a file that may hold its mark.
const markWithin = 512

// Replace is load.Replace on a given file system.
func Replace(f disk.FS, dir, name, mark, text string) (err error) {
	path := filepath.Join(dir, name)
	if err := checkMark(path, mark); err != nil {
		return err
	}
	temporary := filepath.Join(dir, "."+name+stageMark+newID()+unfinished)
	defer func() {
		if err != nil {
			err = disk.WithHint(errors.Join(fmt.Errorf("write %s: %w", path, err), f.RemoveAll(temporary)))
		}
	}()
	if err := disk.WriteFile(f, temporary, []byte(text)); err != nil {
		return err
	}
	if err := f.Rename(temporary, path); err != nil {
		return err
	}
	return f.SyncDir(dir)
}

// checkMark checks that a file may be replaced: it is missing, a symlink, or has the mark.
func checkMark(path, mark string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().Type() == fs.ModeSymlink {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		head, err := io.ReadAll(io.LimitReader(f, markWithin))
		if err != nil || bytes.Contains(head, []byte(mark)) {
			return err
		}
	}
	return fmt.Errorf("%s is not by civic-etl, and stays unchanged: %w", path, fs.ErrExist)
}

// RemoveMarked removes a regular file that has the mark.
func RemoveMarked(dir, name, mark string) error {
	path := filepath.Join(dir, name)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || checkMark(path, mark) != nil {
		return nil // unknown files stay
	}
	return os.Remove(path)
}
