package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// volume is a file system of its own in memory, with real limits.
type volume struct {
	*testing.T
	dir string
}

func newVolume(t *testing.T, options string) *volume {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("mount: %v: only root may", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &volume{t, dir}
}

// fill leaves so many bytes.
func (v *volume) fill(left int64) {
	v.Helper()
	name := filepath.Join(v.dir, "filler")
	if err := os.RemoveAll(name); err != nil {
		v.Fatal(err)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(v.dir, &s); err != nil {
		v.Fatal(err)
	}
	size := int64(s.Bavail)*s.Bsize - left
	if size <= 0 {
		return
	}
	if err := os.WriteFile(name, make([]byte, size), 0o666); err != nil {
		v.Fatal(err)
	}
}

// etl runs the program in a folder with a spec in it, and gives its status and
// what it said.
func etl(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "groups.yaml"), []byte(killSpec), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("civic-etl", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CIVIC_ETL_STATE="+filepath.Join(dir, "state"), "CIVIC_API_KEY="), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), said.String()
}

func says(t *testing.T, what, said string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("%s: %q does not say %q", what, said, want)
		}
	}
	if n := strings.Count(said, "error: "); n > 1 {
		t.Errorf("%s: %d errors: %s", what, n, said)
	}
}

func folder(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `cd "$0" 2>/dev/null && find . -type f ! -name filler -exec sha256sum {} + | sort -k2`, dir).Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	return string(out)
}

// TestFullDisk runs with ever more room on the target's disk, until there is
// enough: it fills up in every stage of a run.
func TestFullDisk(t *testing.T) {
	for _, former := range []bool{false, true} {
		v := newVolume(t, "size=4m")
		out := filepath.Join(v.dir, "a", "out")
		if former {
			if status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", out, "--limit", "4"); status != 0 {
				t.Fatal(said)
			}
		}
		before, failed := folder(t, v.dir), 0
		for left := int64(0); ; left += 40 << 10 {
			v.fill(left)
			what := fmt.Sprintf("%d KiB left, former: %v", left>>10, former)
			status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", out)
			if status == 0 {
				break
			}
			if failed++; status != 1 {
				t.Errorf("%s: status %d", what, status)
			}
			says(t, what, said, "no space left on device", "free some space", out[:len(out)-len("a/out")])
			if after := folder(t, v.dir); after != before {
				t.Fatalf("%s: it left\n%s", what, after)
			}
		}
		if failed < 4 {
			t.Errorf("it failed only %d times for want of room", failed)
		}
		if status, said := etl(t, nil, "verify", out); status != 0 {
			t.Errorf("verify: %d %s", status, said)
		}
	}
}

// TestFullElsewhere: the disk with the temporary folder, that of a recording.
func TestFullElsewhere(t *testing.T) {
	v := newVolume(t, "size=256k")
	for _, left := range []int64{0, 4 << 10} {
		v.fill(left)
		out := filepath.Join(t.TempDir(), "out")
		for what, c := range map[string]struct{ args, env, says []string }{
			"TMPDIR":   {nil, []string{"TMPDIR=" + v.dir}, []string{"write temporary pages", "no space left on device", "set TMPDIR", v.dir}},
			"--record": {[]string{"--record", filepath.Join(v.dir, "record")}, nil, []string{"record", "no space left on device", "--record", v.dir}},
		} {
			status, said := etl(t, c.env, append([]string{"run", "groups.yaml", "--demo", "-q", "--out", out}, c.args...)...)
			if _, err := os.Stat(out); status != 1 || err == nil {
				t.Errorf("%s: status %d, and the target: %v", what, status, err)
			}
			says(t, what, said, c.says...)
			_ = os.RemoveAll(filepath.Join(v.dir, "record"))
		}
	}
}

// TestFullState: where nothing can be kept any more a run goes on without, and
// says so once. A folder that was named and cannot be used is a fault.
func TestFullState(t *testing.T) {
	handler, err := demoapi.New(demoapi.Options{Requests: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	url := server.URL + "/api/graphql"
	for _, left := range []int64{0, 4 << 10, 8 << 10, 16 << 10, 32 << 10} {
		v := newVolume(t, "size=128k")
		for _, dir := range []string{"runs", "budget"} {
			if err := os.Mkdir(filepath.Join(v.dir, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		v.fill(left)
		out := filepath.Join(t.TempDir(), "out")
		what := fmt.Sprintf("%d KiB left", left>>10)
		status, said := etl(t, []string{"CIVIC_ETL_STATE=" + v.dir}, "run", "groups.yaml", "--endpoint", url, "--out", out, "--progress", "none", "--set", "extract.page_size=2")
		if status != 0 {
			t.Errorf("%s: status %d: %s", what, status, said)
		}
		if n := strings.Count(said, "no space left on device"); left == 0 && n == 0 || n > 2 {
			t.Errorf("%s: said %d times: %s", what, n, said)
		}
		if status, said := etl(t, nil, "verify", out); status != 0 {
			t.Errorf("%s: verify: %d %s", what, status, said)
		}
	}
	for _, left := range []int64{0, 4 << 10, 8 << 10, 16 << 10} {
		v := newVolume(t, "size=128k")
		for _, dir := range []string{"runs", "budget"} {
			if err := os.Mkdir(filepath.Join(v.dir, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		v.fill(left)
		out := filepath.Join(t.TempDir(), "out")
		status, said := etl(t, nil, "run", "groups.yaml", "--endpoint", url, "--out", out, "--state", v.dir, "--progress", "none", "--set", "extract.page_size=2")
		if status == 0 && left > 4<<10 && !strings.Contains(said, "answers are no longer stored") {
			continue // there was room enough
		}
		if status != 1 {
			t.Errorf("--state with %d KiB left: status %d", left>>10, status)
		}
		says(t, "--state", said, "state", "no space left on device")
		if _, err := os.Stat(out); err == nil {
			t.Errorf("--state with %d KiB left: published", left>>10)
		}
	}
	v := newVolume(t, "size=128k,nr_inodes=2")
	if err := os.WriteFile(filepath.Join(v.dir, "x"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	status, said := etl(t, nil, "run", "groups.yaml", "--endpoint", url, "--out", out, "--state", v.dir)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	says(t, "--state", said, "--state: ", v.dir, "no space left on device")
}

// TestReadOnlyDisk: what was published there can be read, and not replaced.
func TestReadOnlyDisk(t *testing.T) {
	v := newVolume(t, "size=4m")
	out := filepath.Join(v.dir, "out")
	if status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", out); status != 0 {
		t.Fatal(said)
	}
	before := folder(t, v.dir)
	if err := unix.Mount("", v.dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", out)
	if status != 1 || folder(t, v.dir) != before {
		t.Errorf("status %d", status)
	}
	says(t, "run", said, "read-only file system", out, "publish to another folder (load.to, --out)")
	for _, args := range [][]string{{"verify", out}, {"inspect", out}, {"diff", out, out}} {
		if status, said := etl(t, nil, args...); status != 0 {
			t.Errorf("%v: status %d: %s", args, status, said)
		}
	}
}

// TestMountPoint: a folder that is a disk of its own cannot change places with
// another.
func TestMountPoint(t *testing.T) {
	v := newVolume(t, "size=4m")
	status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", v.dir)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	says(t, "run", said, v.dir, "the folder is a mount point; publish to a folder below it")
	if text := folder(t, v.dir); text != "" {
		t.Errorf("it left %s", text)
	}
	if status, said := etl(t, nil, "run", "groups.yaml", "--demo", "-q", "--out", filepath.Join(v.dir, "out")); status != 0 {
		t.Errorf("below it: status %d: %s", status, said)
	}
}
