package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/diff"
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/load/verify"
)

// planted is a folder with a publication in it and one that must not change,
// which symlinks lead to from wherever a publisher writes or removes.
func planted(t *testing.T) (dir, victim string) {
	root := t.TempDir()
	victim = filepath.Join(root, "victim")
	write(t, filepath.Join(victim, "precious.parquet"), "x")
	write(t, filepath.Join(victim, "text=text", "part-00000.parquet"), "x")
	write(t, filepath.Join(victim, "output", "y"), "y")
	dir = filepath.Join(root, "data", "out")
	if err := smallRun(dir, disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	return dir, victim
}

func plant(t *testing.T, to, at string) {
	t.Helper()
	if err := os.RemoveAll(at); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// TestPlantedSymlinks: nothing is written or removed through a symlink, wherever
// it was planted.
func TestPlantedSymlinks(t *testing.T) {
	const stale = ".out.civic-etl-0123456789abcdef"
	for name, at := range map[string]func(dir string) string{
		"for a dead stage":              func(dir string) string { return filepath.Join(filepath.Dir(dir), stale) },
		"in a dead stage":               func(dir string) string { return filepath.Join(filepath.Dir(dir), stale, "in") },
		"for the output of one":         func(dir string) string { return filepath.Join(filepath.Dir(dir), stale, publish.OutputName) },
		"for a dead stage aside":        func(dir string) string { return filepath.Join(filepath.Dir(dir), "aside", stale) },
		"in the target":                 func(dir string) string { return filepath.Join(dir, "link") },
		"for a file of the target":      func(dir string) string { return filepath.Join(dir, "plain.parquet") },
		"for a table's folder":          func(dir string) string { return filepath.Join(dir, "parted.parquet") },
		"for a partition":               func(dir string) string { return filepath.Join(dir, "parted.parquet", "text=text") },
		"for the target":                func(dir string) string { return dir },
		"for the manifest":              func(dir string) string { return filepath.Join(dir, manifest.Name) },
		"for the folder of the target":  func(dir string) string { return filepath.Dir(dir) },
		"for the mark of success":       func(dir string) string { return filepath.Join(dir, manifest.SuccessName) },
		"for a spill, should it be one": func(dir string) string { return filepath.Join(filepath.Dir(dir), stale, "spill-00001") },
	} {
		dir, victim := planted(t)
		if err := os.MkdirAll(filepath.Dir(at(dir)), 0o777); err != nil {
			t.Fatal(err)
		}
		plant(t, victim, at(dir))
		before := tree(t, victim)
		err := smallJob{dir: dir, aside: filepath.Join(filepath.Dir(dir), "aside"), fs: disk.OS{}, gen: 2}.run()
		if name == "for the folder of the target" { // which is the user's own business
			if err := os.RemoveAll(filepath.Join(victim, "out")); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(victim, "aside")); err != nil {
				t.Fatal(err)
			}
		}
		if after := tree(t, victim); after != before {
			t.Errorf("a symlink %s (%v) led to\n%s", name, err, after)
		}
	}
}

// TestPlantedAtTheLastMoment: the same where the symlink comes between the look
// at the target and the exchange, and the stage's folders are replaced.
func TestPlantedAtTheLastMoment(t *testing.T) {
	for _, what := range []string{"target", "stage", "output"} {
		dir, victim := planted(t)
		before := tree(t, victim)
		f := &atExchange{FS: disk.OS{}, target: dir}
		f.do = func(stage string) {
			at := map[string]string{"target": dir, "stage": filepath.Dir(stage), "output": stage}[what]
			if err := os.Rename(at, at+"-away"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(victim, at); err != nil {
				t.Fatal(err)
			}
		}
		err := smallRun(dir, f, 2)
		if f.do != nil {
			t.Fatalf("%s: no exchange: %v", what, err)
		}
		moved := filepath.Join(dir, "y") // an exchange of names may have put the victim's own folder there
		if after := tree(t, victim); after != before && (what != "stage" || !exists(moved)) {
			t.Errorf("a symlink for the %s (%v) led to\n%s", what, err, after)
		}
	}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// atExchange does something just before the target's exchange.
type atExchange struct {
	disk.FS
	target string
	do     func(stage string)
}

func (f *atExchange) Exchange(a, b string) error {
	if b == f.target && f.do != nil {
		do := f.do
		f.do = nil
		do(a)
	}
	return f.FS.Exchange(a, b)
}

// TestPlantedPipes: whatever of a published folder is a pipe by now, nobody who
// reads it waits for somebody to write into it.
func TestPlantedPipes(t *testing.T) {
	for _, name := range []string{manifest.Name, manifest.RejectsName, "plain.parquet", "plain.tsv", "parted.ndjson.gz/text=text/part-00000.ndjson.gz"} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := smallRun(dir, disk.OS{}, 1); err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(at, 0o666); err != nil {
			t.Fatal(err)
		}
		isManifest := name == manifest.Name
		for reader, read := range map[string]looking{
			"verify": {func() error {
				v, err := verify.Folder(context.Background(), dir)
				if err == nil && !v.OK {
					err = errors.New("found something")
				}
				return err
			}, true},
			"manifest": {func() error { _, err := manifest.Read(dir); return err }, isManifest},
			"inspect":  {func() error { _, err := inspect.Read(context.Background(), dir, 3); return err }, isManifest || name == "plain.parquet"},
			"one file": {func() error { _, err := inspect.Read(context.Background(), at, 3); return err }, true},
			"columns": {func() error {
				return published.ReadColumns(context.Background(), dir, "plain", []string{"gen"}, func(arrow.RecordBatch) error { return nil })
			}, isManifest || name == "plain.parquet"},
			"compare": {func() error {
				c, err := diff.Open(dir, dir)
				if err == nil {
					c.Close()
				}
				return err
			}, isManifest || name == "plain.parquet"},
		} {
			read.check(t, reader+" with a pipe for "+name)
		}
		looking{func() error { return smallRun(dir, disk.OS{}, 2) }, isManifest}.check(t, "run with a pipe for "+name)
	}
}

type looking struct {
	do   func() error
	fail bool
}

func (r looking) check(t *testing.T, what string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.do() }()
	select {
	case err := <-done:
		if (err != nil) != r.fail {
			t.Errorf("%s: %v", what, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: it hangs", what)
	}
}
