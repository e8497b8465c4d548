//go:build unix

package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// IsOurs reports whether a file belongs to the user of this process, or to root.
func IsOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}
