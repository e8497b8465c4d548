package load

import (
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/publish"
)

// Replace writes a text file beside published folders, in one step. It replaces a symlink of that name and does not
// follow it. A file without the mark in its first bytes is not by civic-etl: it stays, and the error is fs.ErrExist.
func Replace(dir, name, mark, text string) error {
	return publish.Replace(disk.OS{}, dir, name, mark, text)
}

// RemoveMarked removes a file beside published outputs if it is regular and has the mark in its first bytes.
func RemoveMarked(dir, name, mark string) error { return publish.RemoveMarked(dir, name, mark) }
