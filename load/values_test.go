package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/load/verify"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestReadColumnsNull: what a TSV file has for null is null, and the same text
// in quotes is not.
func TestReadColumnsNull(t *testing.T) {
	for _, null := range []string{"", "NA"} {
		dir := filepath.Join(t.TempDir(), "out")
		shape := &schemas.Table{Name: "t", Columns: []schemas.Column{{Name: "level", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
		publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "tsv", Null: null}}, FS: unsynced{}},
			batchOf(shape, "A", nil, "", "NA"))
		if got, want := columnText(t, dir, "t", "level"), []string{"A", "null", "", "NA"}; !slices.Equal(got, want) {
			t.Errorf("null: %q gives %q, want %q", null, got, want)
		}
	}
}

func columnText(t *testing.T, dir, table, column string) (all []string) {
	t.Helper()
	err := published.ReadColumns(context.Background(), dir, table, []string{column}, func(batch arrow.RecordBatch) error {
		text := published.TextOf(batch.Column(0))
		for row := range int(batch.NumRows()) {
			if batch.Column(0).IsNull(row) {
				all = append(all, "null")
			} else {
				all = append(all, text(row))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHammer reads, in every way there is, what is replaced two hundred times
// meanwhile: one whole generation, each time.
func TestHammer(t *testing.T) {
	dir := filepath.Join(fastDir(t), "out")
	shape := &schemas.Table{Name: "parted", PartitionBy: []string{"text"}, Columns: []schemas.Column{
		{Name: "gen", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "text", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
	generate := func(gen int) {
		publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "tsv"}}, FS: unsynced{}}, generation(shape, gen))
	}
	generate(0)
	var done atomic.Bool
	var g errgroup.Group
	g.Go(func() error {
		defer done.Store(true)
		for gen := range 200 {
			generate(gen + 1)
		}
		return nil
	})
	seen := map[string]bool{}
	readers := []func() error{
		func() error {
			text := columnText(t, dir, "parted", "gen")
			seen[text[0]] = true
			if slices.Sort(text); len(text) != 40 || text[0] != text[39] {
				return fmt.Errorf("%d rows of the generations %s to %s", len(text), text[0], text[39])
			}
			return nil
		},
		func() error { return readPublication(dir) },
		func() error { _, err := manifest.Read(dir); return err },
		func() error { _, err := inspect.Read(context.Background(), dir, 2); return err },
	}
	reads := 0
	for ; !done.Load(); reads++ {
		if err := readers[reads%len(readers)](); err != nil {
			t.Errorf("read %d: %v", reads, err)
			break
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Errorf("%d reads saw %d generations", reads, len(seen))
	}
}

// TestBombs: a little of compressed text that stands for much is given up before
// it fills the memory.
func TestBombs(t *testing.T) {
	defer func(n int) { published.MaxTextRow = n }(published.MaxTextRow)
	published.MaxTextRow = 1 << 20
	long := strings.Repeat("a", 4<<20)
	for name, text := range map[string]string{
		"t.ndjson.gz": `{"level":"` + long + "\"}\n",
		"t.tsv.gz":    "level\n" + long + "\n",
		"in quotes":   "level\n\"" + long + "\"\n",
	} {
		kind, compression, _ := strings.Cut(strings.TrimPrefix(name, "t."), ".")
		if compression == "" {
			kind, name = "tsv", "t.tsv.gz"
		}
		dir := filepath.Join(t.TempDir(), "out")
		shape := &schemas.Table{Name: "t", Columns: []schemas.Column{{Name: "level", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
		publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: kind, Compression: "gzip"}}, FS: unsynced{}}, batchOf(shape, "A"))
		overwrite(t, filepath.Join(dir, name), packedText(t, text))
		want := fmt.Sprintf("more than %d bytes", published.MaxTextRow)
		err := published.ReadColumns(context.Background(), dir, "t", []string{"level"}, func(arrow.RecordBatch) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		v, err := verify.Folder(context.Background(), dir)
		if err != nil || !strings.Contains(fmt.Sprint(v.Findings), want) {
			t.Errorf("%s: %v %v", name, v, err)
		}
	}
}

func packedText(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
