package disk

import (
	"errors"
	"fmt"
	"syscall"
)

// WithHint adds a hint for the user to a system error.
func WithHint(err error) error {
	for _, h := range []struct {
		cause error
		hint  string
	}{
		{syscall.ENOSPC, "free some space, or publish to another disk"},
		{syscall.EDQUOT, "free some space, or publish to another disk"},
		{syscall.EACCES, "publish to a folder that you may write to (load.to, --out)"},
		{syscall.EPERM, "publish to a folder that you may write to (load.to, --out)"},
		{syscall.EROFS, "the disk is read-only; publish to another folder (load.to, --out)"},
		{syscall.ENOTDIR, "a file is in place of a folder; publish to another folder (load.to, --out)"},
		{syscall.EMFILE, "raise the limit of open files (ulimit -n)"},
		{syscall.EXDEV, "the folder cannot be moved within its file system; publish to a folder that does not exist yet"},
		{syscall.EBUSY, "the folder is a mount point; publish to a folder below it"},
	} {
		if errors.Is(err, h.cause) {
			return fmt.Errorf("%w: %s", err, h.hint)
		}
	}
	return err
}
