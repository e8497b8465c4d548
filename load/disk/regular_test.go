package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestOpenRegularSaysOpen: the error of a missing file names no system call.
func TestOpenRegularSaysOpen(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, _, err = OpenRegular(root, "x.json")
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "open x.json: ") {
		t.Errorf("%v", err)
	}
}
