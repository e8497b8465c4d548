package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/publish"
)

const mark = "Written by civic-etl"

func TestReplace(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, outside, "precious")
	for _, c := range []struct {
		name  string
		plant func(path string) error
		keeps bool
	}{
		{"nothing there", func(string) error { return nil }, false},
		{"an earlier one", func(path string) error { return os.WriteFile(path, []byte("# Title\n\n"+mark), 0o600) }, false},
		{"a symlink that leads out", func(path string) error { return os.Symlink(outside, path) }, false},
		{"somebody's file", func(path string) error { return os.WriteFile(path, []byte("my own notes"), 0o600) }, true},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "README.md")
			if err := c.plant(path); err != nil {
				t.Fatal(err)
			}
			err := Replace(dir, "README.md", mark, mark+" now")
			if got := errors.Is(err, fs.ErrExist); got != c.keeps || (err != nil) != c.keeps {
				t.Fatalf("error %v, want one that it is somebody else's: %v", err, c.keeps)
			}
			text, _ := os.ReadFile(path)
			if got := string(text) == mark+" now"; got == c.keeps {
				t.Errorf("it holds %q", text)
			}
			if kept, _ := os.ReadFile(outside); string(kept) != "precious" {
				t.Errorf("the file outside holds %q", kept)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("left beside it: %v", entries)
			}
		})
	}
}

// TestReplaceFaults: whatever fails, the former file stays or the new one is there,
// whole, and nothing else.
func TestReplaceFaults(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		path := filepath.Join(dir, "README.md")
		write(t, path, mark+" before")
		f := &faultFS{FS: disk.OS{}, n: n, err: syscall.EIO}
		err := publish.Replace(f, dir, "README.md", mark, mark+" now")
		if f.what == "" {
			if n < 5 {
				t.Fatalf("only %d operations", n-1)
			}
			return
		}
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("%s fails: error %v", f.what, err)
		}
		text, _ := os.ReadFile(path)
		if string(text) != mark+" before" && string(text) != mark+" now" {
			t.Errorf("%s fails: it holds %q", f.what, text)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s fails: left are %v", f.what, entries)
		}
	}
}
