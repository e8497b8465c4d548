package load

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
)

// TestFileSystemWithoutExchange publishes by symlink where folders cannot
// change places.
func TestFileSystemWithoutExchange(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	poor := &faultFS{FS: disk.OS{}, deny: map[string]error{"exchange": errors.ErrUnsupported, "place": errors.ErrUnsupported}}
	for gen := range 3 {
		if err := smallRun(dir, poor, gen); err != nil {
			t.Fatal(err)
		}
		if err := readPublication(dir); err != nil {
			t.Error(err)
		}
		entries, _ := os.ReadDir(parent)
		if len(entries) != 2 { // the link, and what it points at
			t.Errorf("generation %d: %v", gen, entries)
		}
	}
	// A sweep by another run must not take the folder that is linked to.
	out, err := Create(tsvOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	out.Abort()
	if err := readPublication(dir); err != nil {
		t.Error(err)
	}

	real := filepath.Join(parent, "real")
	if err := smallRun(real, disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	if err := smallRun(real, poor, 2); err == nil || !strings.Contains(err.Error(), "move "+real+" away once") {
		t.Errorf("a folder on a poor file system: %v", err)
	}
	if err := readPublication(real); err != nil {
		t.Error(err)
	}
}

// TestFaultsWithoutExchange fails each operation where the target is a link.
func TestFaultsWithoutExchange(t *testing.T) {
	deny := map[string]error{"exchange": errors.ErrUnsupported, "place": errors.ErrUnsupported}
	want := fastDir(t)
	for i, gen := range []string{"1", "2"} {
		if err := smallRun(filepath.Join(want, gen), disk.OS{}, i+1); err != nil {
			t.Fatal(err)
		}
	}
	before, after := tree(t, filepath.Join(want, "1")), tree(t, filepath.Join(want, "2"))
	for n := 1; ; n += step(4) {
		dir := filepath.Join(fastDir(t), "out")
		if err := smallRun(dir, &faultFS{FS: disk.OS{}, deny: deny}, 1); err != nil {
			t.Fatal(err)
		}
		fault := &faultFS{FS: disk.OS{}, deny: deny, n: n, err: syscall.EIO}
		err := smallRun(dir, fault, 2)
		if fault.what == "" {
			break
		}
		points, _ := filepath.EvalSymlinks(dir)
		if got := tree(t, points); got != after && (err == nil || got != before) {
			t.Fatalf("operation %d (%s) failed with %v and left\n%s", n, fault.what, err, got)
		}
	}
}
