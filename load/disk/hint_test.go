package disk

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestWithHint(t *testing.T) {
	for _, test := range []struct {
		cause error
		hint  string
	}{
		{syscall.ENOSPC, "free some space"},
		{syscall.EACCES, "may write to"},
		{syscall.EROFS, "read-only"},
		{syscall.ENOTDIR, "a file is in place of a folder"},
		{syscall.EIO, ""},
	} {
		given := &fs.PathError{Op: "mkdir", Path: "x", Err: test.cause}
		err := WithHint(given)
		if !errors.Is(err, test.cause) || !strings.Contains(err.Error(), test.hint) {
			t.Errorf("%v: %v", test.cause, err)
		}
		if test.hint == "" && err != error(given) {
			t.Errorf("%v got a hint: %v", test.cause, err)
		}
	}
}
