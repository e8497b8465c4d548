package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// TestReplayReadsFilesOnly: a recording comes from anywhere. A pipe in it holds
// nobody up, a symlink leads nowhere, and a page without end is not read.
func TestReplayReadsFilesOnly(t *testing.T) {
	p := compiled(t, typesSpec)
	for _, name := range []string{recording.QueryFile, recording.IndexFile, "rows-0000001.json"} {
		for what, c := range map[string]struct {
			put  func(path string) error
			want string
		}{
			"pipe":    {func(path string) error { return syscall.Mkfifo(path, 0o666) }, "is not a regular file"},
			"symlink": {func(path string) error { return os.Symlink("/dev/zero", path) }, "is not a regular file"},
			"folder":  {func(path string) error { return os.Mkdir(path, 0o777) }, "is not a regular file"},
			"bomb": {func(path string) error {
				return os.WriteFile(path, nil, 0o666)
			}, "the limit for a page is"},
		} {
			dir := recorded(t, map[*plan.Plan]any{p: []any{map[string]any{"id": 1, "name": "a"}}})
			path := filepath.Join(dir, p.Spec.Name, name)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := c.put(path); err != nil {
				t.Fatal(err)
			}
			if what == "bomb" { // takes no room
				if err := os.Truncate(path, recording.MaxBytes+1); err != nil {
					t.Fatal(err)
				}
			}
			r := testRunner("")
			r.Replay = dir
			done := make(chan error, 1)
			go func() { _, err := r.Run(t.Context(), []*plan.Plan{p}); done <- err }()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("%s for %s: %v", what, name, err)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("a run hangs on a %s for %s", what, name)
			}
			if _, err := os.Stat(p.Target); err == nil {
				t.Errorf("%s for %s: published", what, name)
			}
		}
	}
}

// TestRecordFollowsNoSymlink plants symlinks in the folder of a recording: no file outside is written or removed.
func TestRecordFollowsNoSymlink(t *testing.T) {
	server := testkit.ServeDemo(t, demoapi.Options{})
	for _, name := range []string{recording.QueryFile, recording.IndexFile, recording.SumsFile, "rows-0000001.json", "ids-0000001.json"} {
		p, outside, dir := compiled(t, typesSpec), filepath.Join(t.TempDir(), "victim"), t.TempDir()
		testkit.Write(t, outside, "precious")
		if err := errors.Join(os.Mkdir(filepath.Join(dir, "types"), 0o777), os.Symlink(outside, filepath.Join(dir, "types", name))); err != nil {
			t.Fatal(err)
		}
		r := testRunner(server)
		r.Record = dir
		if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text := string(testkit.Read(t, outside)); text != "precious" {
			t.Errorf("%s: the file outside is now %q", name, text)
		}
	}
	p, outside, dir := compiled(t, typesSpec), t.TempDir(), t.TempDir()
	testkit.Write(t, filepath.Join(outside, "rows-0000001.json"), "precious")
	if err := os.Symlink(outside, filepath.Join(dir, "types")); err != nil {
		t.Fatal(err)
	}
	r := testRunner(server)
	r.Record = dir
	_, err := r.Run(t.Context(), []*plan.Plan{p})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "types")+" is not a folder but a file or symlink: remove it") {
		t.Errorf("a symlink in place of the folder: %v", err)
	}
	if text := string(testkit.Read(t, filepath.Join(outside, "rows-0000001.json"))); text != "precious" {
		t.Errorf("through the folder: %q", text)
	}
}

// TestReplayComparesChecksums damages every file of a recording at places all over it. A replay publishes nothing.
func TestReplayComparesChecksums(t *testing.T) {
	p, dir := compiled(t, typesSpec), t.TempDir()
	r := testRunner(testkit.ServeDemo(t, demoapi.Options{}))
	r.Record = dir
	if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
		t.Fatal(err)
	}
	replay := func() (string, error) {
		var said strings.Builder
		r := testRunner("")
		r.Replay = dir
		r.Notice = func(n Notice) { said.WriteString(n.Text) }
		_, err := r.Run(t.Context(), []*plan.Plan{p})
		return said.String(), err
	}
	if said, err := replay(); err != nil || strings.Contains(said, "checksum") {
		t.Fatal(said, err)
	}
	if err := os.RemoveAll(p.Target); err != nil {
		t.Fatal(err)
	}
	for _, path := range testkit.Files(t, filepath.Join(dir, "types", "*")) {
		whole := testkit.Read(t, path)
		for at := 0; at < len(whole); at += max(len(whole)/40, 1) {
			whole[at] ^= 1 << (at % 8)
			testkit.Write(t, path, string(whole))
			whole[at] ^= 1 << (at % 8)
			if _, err := replay(); err == nil {
				t.Errorf("%s, byte %d: replayed", path, at)
			}
			if _, err := os.Stat(p.Target); err == nil {
				t.Fatalf("%s, byte %d: published", path, at)
			}
		}
		testkit.Write(t, path, string(whole))
		if filepath.Base(path) == recording.SumsFile {
			continue
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := replay(); err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("without %s: %v", path, err)
		}
		testkit.Write(t, path, string(whole))
	}
	extra := filepath.Join(dir, "types", "rows-0000500.json")
	testkit.Write(t, extra, "{}")
	if _, err := replay(); err == nil || !strings.Contains(err.Error(), "does not list") {
		t.Errorf("with a page of another recording: %v", err)
	}
	if err := errors.Join(os.Remove(extra), os.Remove(filepath.Join(dir, "types", recording.SumsFile))); err != nil {
		t.Fatal(err)
	}
	if said, err := replay(); err != nil || !strings.Contains(said, "the recording has no checksums") {
		t.Errorf("of an older version: %q, %v", said, err)
	}
}
