//go:build unix

package load

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the folder's lock, or fails at once if another process holds it.
// It ends with the file's Close, or with the process.
func lock(dir *os.File) error {
	return unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

func wouldBlock(err error) bool { return errors.Is(err, unix.EWOULDBLOCK) }
