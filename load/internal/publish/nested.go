package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/manifest"
)

// checkAbove refuses a target inside a published folder: the next run of the other pipeline would find files there that
// it did not write. Where the path leads through symlinks, both ways up are checked.
func checkAbove(path string) error {
	ways := []string{path}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			ways = append(ways, filepath.Join(real, "missing"))
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, way := range ways {
		for dir := filepath.Dir(way); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if isPublished(dir) {
				return fmt.Errorf("%s is inside %s, which another pipeline publishes: publish to a folder beside it",
					path, dir)
			}
		}
	}
	return nil
}

// isPublished reports whether a folder is a published one, even if its manifest is damaged.
func isPublished(dir string) bool {
	_, err := manifest.Read(dir)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err == nil
	}
	_, err = os.Lstat(filepath.Join(dir, manifest.SuccessName))
	return err == nil
}

// publishedBelow returns the published folder below dir that holds a file, "" if there is none.
func publishedBelow(dir, file string) string {
	for path := filepath.Dir(file); path != "."; path = filepath.Dir(path) {
		if below := filepath.Join(dir, path); isPublished(below) {
			return below
		}
	}
	return ""
}
