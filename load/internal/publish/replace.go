package publish

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/disk"
)

// markWithin is how far into a file its mark may stand.
const markWithin = 512

func Replace(f disk.FS, dir, name, mark, text string) (err error) {
	path := filepath.Join(dir, name)
	if err := ours(path, mark); err != nil {
		return err
	}
	id := make([]byte, 8)
	rand.Read(id)
	temporary := filepath.Join(dir, "."+name+stageMark+hex.EncodeToString(id)+unfinished)
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
	_, err = io.Copy(file, strings.NewReader(text)) // which finds a short write
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// ours says whether a file may be replaced: there is none, it is a symlink, or it has
// the mark.
func ours(path, mark string) error {
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
	return fmt.Errorf("%s is not of civic-etl, and stays as it is: %w", path, fs.ErrExist)
}

// RemoveMarked removes a regular file that has the mark.
func RemoveMarked(dir, name, mark string) error {
	path := filepath.Join(dir, name)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if marked, err := hasMark(path, mark); err != nil || !marked {
		return nil // unknown files stay
	}
	return os.Remove(path)
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
