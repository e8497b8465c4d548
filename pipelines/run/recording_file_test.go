package run

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
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
