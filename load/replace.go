package load

import (
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/publish"
)

// Replace writes a whole text file into a folder beside published outputs. A
// reader sees the former one or this one, and a symlink of that name is replaced, not
// followed. What stands there without the mark in its first bytes is somebody
// else's: it stays, and the error is fs.ErrExist.
func Replace(dir, name, mark, text string) error {
	return publish.Replace(disk.OS{}, dir, name, mark, text)
}

// RemoveMarked removes a file beside published outputs if it is regular and has the mark in its first bytes.
func RemoveMarked(dir, name, mark string) error { return publish.RemoveMarked(dir, name, mark) }
