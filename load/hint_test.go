package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

func TestWithHint(t *testing.T) {
	for _, test := range []struct {
		cause error
		hint  string
	}{
		{syscall.ENOSPC, "free some space"},
		{syscall.EACCES, "may write to"},
		{syscall.EROFS, "read-only"},
		{syscall.ENOTDIR, "a file stands where a folder belongs"},
		{syscall.EIO, ""},
	} {
		given := &fs.PathError{Op: "mkdir", Path: "x", Err: test.cause}
		err := withHint(given)
		if !errors.Is(err, test.cause) || !strings.Contains(err.Error(), test.hint) {
			t.Errorf("%v: %v", test.cause, err)
		}
		if test.hint == "" && err != error(given) {
			t.Errorf("%v got a hint: %v", test.cause, err)
		}
	}
}

func TestCreateBelowFile(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Create(Options{Target: filepath.Join(taken, "out"), Tables: []*schemas.Table{evidence()}, Formats: []format.Format{{Name: "ndjson"}}})
	if err == nil || !strings.Contains(err.Error(), "a file stands where a folder belongs") {
		t.Errorf("got %v", err)
	}
}
