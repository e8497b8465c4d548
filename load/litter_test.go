package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/verify"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestLitter: what file managers and Spark leave in a published folder does not stop the next run, and goes with the
// former output. verify lists it. Anything else is kept.
func TestLitter(t *testing.T) {
	litter := []string{".DS_Store", "._small.tsv", "Thumbs.db", "desktop.ini", "ehthumbs.db", ".localized", ".directory",
		".small.ndjson.crc", "small.parquet/.DS_Store", "small.parquet/level=A/.part-00000.parquet.crc"}
	dir := filepath.Join(t.TempDir(), "out")
	publishSmall(t, dir, 0, threeFormats, "level")
	for _, name := range litter {
		overwrite(t, filepath.Join(dir, name), []byte("x"))
	}
	result, err := verify.Folder(context.Background(), dir)
	if err != nil || !result.OK {
		t.Errorf("%v, %v", result.Findings, err)
	}
	slices.Sort(litter)
	if !slices.Equal(result.Ignored, litter) {
		t.Errorf("ignored %q, not %q", result.Ignored, litter)
	}
	notices := ""
	o := Options{Target: dir, Tables: []*schemas.Table{smallTable()}, Formats: threeFormats, FS: unsynced{},
		Notice: func(text string) { notices += text + "\n" }}
	publishTo(t, o, smallRows())
	for _, name := range litter {
		if !strings.Contains(notices, name) {
			t.Errorf("no notice of %s: %s", name, notices)
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for _, foreign := range []string{"notes.txt", ".hidden", "DS_Store", "thumbs.db.csv"} {
		name := filepath.Join(dir, foreign)
		overwrite(t, name, []byte("x"))
		out, err := Create(o)
		if err == nil {
			_ = out.Abort()
		}
		if !errors.Is(err, publish.ErrForeign) {
			t.Errorf("%s: %v", foreign, err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, ".DS_Store")
	if err := os.Symlink("/etc/hosts", link); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(o); !errors.Is(err, publish.ErrForeign) {
		t.Errorf("a symlink: %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if err := os.Mkdir(fresh, 0o777); err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(fresh, ".DS_Store"), nil)
	o.Target = fresh
	publishTo(t, o, smallRows())
	if found := kinds(t, fresh); len(found) > 0 {
		t.Error(found)
	}
}
