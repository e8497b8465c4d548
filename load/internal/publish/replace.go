package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	if err := writeWhole(f, temporary, text); err != nil {
		return err
	}
	if err := f.Rename(temporary, path); err != nil {
		return err
	}
	return f.SyncDir(dir)
}

func writeWhole(f disk.FS, name, text string) error {
	file, err := f.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, strings.NewReader(text)) // it reports a short write
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// checkMark checks that a file may be replaced: it is missing, a symlink, or has the mark.
func checkMark(path, mark string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() == fs.ModeSymlink:
		return nil
	case info.Mode().IsRegular():
		if marked, err := hasMark(path, mark); marked || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is not by civic-etl, and stays unchanged: %w", path, fs.ErrExist)
}

func hasMark(path, mark string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, markWithin))
	return bytes.Contains(head, []byte(mark)), err
}
