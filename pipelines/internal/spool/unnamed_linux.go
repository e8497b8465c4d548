package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// openUnnamed makes a file without a name in dir. Its Name method returns dir.
func openUnnamed(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
}
