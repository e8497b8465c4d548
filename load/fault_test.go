package load

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// smallJob publishes generation gen of two tables in three formats, one of them
// partitioned with spills, with a reject. It meets every kind of operation.
type smallJob struct {
	dir, aside string
	fs         disk.FS
	gen        int
}

func smallRun(dir string, f disk.FS, gen int) error { return smallJob{dir: dir, fs: f, gen: gen}.run() }

func (j smallJob) run() (err error) {
	plain := &schemas.Table{Name: "plain", Columns: []schemas.Column{{Name: "gen", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "text", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
	parted := &schemas.Table{Name: "parted", Columns: plain.Columns, PartitionBy: []string{"text"}}
	out, err := Create(Options{Target: j.dir, Staging: j.aside, Tables: []*schemas.Table{plain, parted}, MaxOpen: 1, FS: j.fs,
		Formats: []format.Format{{Name: "parquet"}, {Name: "ndjson", Compression: "gzip"}, {Name: "tsv"}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Abort()) }()
	out.pages.Memory = 0 // so that pages are spilled as well
	batch := generation(plain, j.gen)
	defer batch.Release()
	for i := range 2 {
		if err := out.Write(context.Background(), i, batch); err != nil {
			return err
		}
	}
	if err := out.Reject(manifest.Reject{Table: "plain", Reason: "none", Record: []byte(`{"id": 1}`)}); err != nil {
		return err
	}
	if _, err := out.Close(context.Background()); err != nil {
		return err
	}
	return out.Publish(&manifest.Manifest{RunID: fmt.Sprintf("run-%d", j.gen)})
}

// tree describes everything below a folder.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			fmt.Fprintln(&b, name)
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			fmt.Fprintln(&b, name, "→", to)
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %x\n", name, sha256.Sum256(data))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return b.String()
}

// TestFaultAtEveryStep lets the n-th operation on the file system fail, for
// every n. Either the publication is complete or what was there is untouched,
// and nothing is left that a reader's pattern could find.
func TestFaultAtEveryStep(t *testing.T) {
	defer goleak.VerifyNone(t)
	faults := []struct {
		name        string
		err         error
		short, dead bool
	}{
		{"EIO", syscall.EIO, false, false},
		{"ENOSPC after half a write", syscall.ENOSPC, true, false},
		{"silent short write", syscall.EAGAIN, true, false},
		{"the disk dies", syscall.EIO, false, true},
	}
	for _, former := range []int{0, 1} {
		want := fastDir(t)
		if err := smallRun(filepath.Join(want, "2"), disk.OS{}, 2); err != nil {
			t.Fatal(err)
		}
		if former == 1 {
			if err := smallRun(filepath.Join(want, "1"), disk.OS{}, 1); err != nil {
				t.Fatal(err)
			}
		}
		before, after := tree(t, filepath.Join(want, "1")), tree(t, filepath.Join(want, "2"))
		for i, c := range faults {
			t.Run(fmt.Sprintf("%s, %d before", c.name, former), func(t *testing.T) {
				failedAt := map[string]int{}
				for n := 1 + i%step(4); ; n += step(4) {
					fault := &faultFS{FS: disk.OS{}, n: n, err: c.err, short: c.short, dead: c.dead}
					parent := fastDir(t)
					dir := filepath.Join(parent, "a", "out")
					if former == 1 {
						if err := smallRun(dir, disk.OS{}, 1); err != nil {
							t.Fatal(err)
						}
					}
					err := smallRun(dir, fault, 2)
					if fault.what == "" {
						if err != nil {
							t.Fatal(err)
						}
						t.Logf("%d operations, failed at %v", n-1, failedAt)
						break
					}
					failedAt[fault.what]++
					got := tree(t, dir)
					switch {
					case got == after: // also where only the removal of the former files failed, or undoing did
					case err == nil:
						t.Fatalf("operation %d (%s) failed, no error, and the output is\n%s", n, fault.what, got)
					case got != before:
						t.Fatalf("operation %d (%s) failed with %v and left\n%s", n, fault.what, err, got)
					}
					if err == nil && got != after {
						t.Fatalf("operation %d (%s): success without output", n, fault.what)
					}
					checkLitter(t, dir, fmt.Sprintf("operation %d (%s)", n, fault.what), fault.dead || fault.what == "remove")
					if os.RemoveAll(parent) != nil {
						t.Fatal("cannot clean up")
					}
				}
			})
		}
	}
}

// fastDir is a temporary folder in memory where there is one: thousands of
// syncs take their time on a disk.
func fastDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "civic-etl-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// checkLitter looks for what is left beside the target: nothing, or, where the
// disk would not let us clean up, a stage which the next run removes.
func checkLitter(t *testing.T, dir, when string, forgiven bool) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == filepath.Base(dir) {
			continue
		}
		if !forgiven || !isStage(dir, e.Name()) {
			t.Errorf("%s left %s", when, e.Name())
		}
	}
	if forgiven {
		out, err := Create(Options{Target: dir, Tables: []*schemas.Table{everyKind()}, Formats: []format.Format{{Name: "tsv"}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Abort(); err != nil {
			t.Fatal(err)
		}
		checkLitter(t, dir, when+", then a new run", false)
	}
}
