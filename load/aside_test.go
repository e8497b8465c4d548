package load

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/filelock"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// watchFS looks before each operation, and after it, for files beside the target
// that a reader's pattern over its parent would pick up.
type watchFS struct {
	disk.FS
	dir   string
	found map[string]bool
}

func (f *watchFS) look() {
	for _, name := range matching(filepath.Dir(f.dir)) {
		if !strings.HasPrefix(name, f.dir+"/") {
			f.found[name] = true
		}
	}
}

// matching are the files below a folder whose names end as those of tables do.
func matching(dir string) (all []string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		for _, end := range []string{".parquet", ".ndjson", ".ndjson.gz", ".tsv"} {
			if err == nil && strings.HasSuffix(path, end) {
				all = append(all, path)
			}
		}
		return nil
	})
	return all
}

func (f *watchFS) Rename(from, to string) error {
	defer f.look()
	return f.FS.Rename(from, to)
}

func (f *watchFS) Place(from, to string) error {
	defer f.look()
	return f.FS.Place(from, to)
}

func (f *watchFS) Exchange(a, b string) error {
	defer f.look()
	return f.FS.Exchange(a, b)
}

func (f *watchFS) RemoveAll(name string) error {
	f.look()
	return f.FS.RemoveAll(name)
}

func (f *watchFS) SyncDir(name string) error {
	f.look()
	return f.FS.SyncDir(name)
}

// TestNothingForPatterns: with a place aside, no pattern over the target's
// parent finds a file twice, at any moment. Without, only whole files are
// found, three folders deep, while the exchange is made durable.
func TestNothingForPatterns(t *testing.T) {
	for _, there := range []bool{true, false} {
		root := fastDir(t)
		dir := filepath.Join(root, "data", "out")
		for gen := range 3 {
			f := &watchFS{FS: disk.OS{}, dir: dir, found: map[string]bool{}}
			j := smallJob{dir: dir, fs: f, gen: gen}
			if there {
				j.aside = filepath.Join(root, "state", "publishing")
			}
			if err := j.run(); err != nil {
				t.Fatal(err)
			}
			if there && len(f.found) > 0 || !there && len(f.found) == 0 {
				t.Errorf("aside %v, generation %d: %d files in reach", there, gen, len(f.found))
			}
			for name := range f.found {
				if rel, err := filepath.Rel(filepath.Dir(dir), name); err != nil || strings.Count(rel, "/") < 2 {
					t.Errorf("%s is in reach of */*.parquet", name)
				}
			}
		}
		if left := matching(filepath.Join(root, "state")); len(left) > 0 {
			t.Errorf("left aside: %v", left)
		}
		checkLitter(t, dir, "publishing", false)
	}
}

// TestAsideIsSwept: what a kill left aside goes with the next run of any target.
func TestAsideIsSwept(t *testing.T) {
	root := t.TempDir()
	aside := filepath.Join(root, "aside")
	dead := filepath.Join(aside, ".other.civic-etl-0123456789abcdef")
	write(t, filepath.Join(dead, "output", "other.parquet"), "x")
	keep := filepath.Join(aside, "notes.civic-etl-0123456789abcdef")
	write(t, filepath.Join(keep, "x"), "x")
	held, err := os.Open(dead)
	if err == nil {
		err = filelock.TryLock(held)
	}
	if err != nil {
		t.Fatal(err)
	}
	for alive := range 2 {
		if err := (smallJob{dir: filepath.Join(root, "out"), aside: aside, fs: disk.OS{}}).run(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dead); (err == nil) != (alive == 0) {
			t.Errorf("run %d: the stage of another process: %v", alive, err)
		}
		_ = held.Close()
	}
	if _, err := os.Stat(filepath.Join(keep, "x")); err != nil {
		t.Error(err)
	}
}

// TestAsideElsewhere: a place aside that is of no use changes nothing.
func TestAsideElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "x")
	for _, aside := range []string{"/proc/none", file, filepath.Join(file, "below")} {
		dir := filepath.Join(t.TempDir(), "out")
		for gen := range 2 {
			if err := (smallJob{dir: dir, aside: aside, fs: disk.OS{}, gen: gen}).run(); err != nil {
				t.Fatal(aside, err)
			}
		}
		if err := readPublication(dir); err != nil {
			t.Error(err)
		}
		checkLitter(t, dir, aside, false)
	}
}

// TestStageReplaced: what is published is what was written, not what somebody
// put in its place.
func TestStageReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	out, err := Create(tsvOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(out.stage.Output(), out.stage.Output()+"-away"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(out.stage.Output(), "x.tsv"), "forged")
	if err := out.Publish(&manifest.Manifest{RunID: "1"}); err == nil {
		t.Error("published a folder that somebody else made")
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error(fmt.Errorf("%s is there", dir))
	}
}
