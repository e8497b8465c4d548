package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// openUnnamed makes a file that never has a name. What its Name gives is dir.
func openUnnamed(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
}
