package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting lets the disk begin with a part of a file that is still being
// written, so that little is left to do when it is synced. It promises nothing:
// errors show when it is.
func startWriting(f *os.File, from, size int64) {
	_ = unix.SyncFileRange(int(f.Fd()), from, size, unix.SYNC_FILE_RANGE_WRITE)
}
