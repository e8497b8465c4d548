package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/verify"
	"github.com/civic-etl/civic-etl/schemas"
)

// smallTable has a key, a text that partitions can be made of, and a list.
func smallTable(partitionBy ...string) *schemas.Table {
	return &schemas.Table{Name: "small", Key: []string{"id"}, PartitionBy: partitionBy, Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}},
		{Name: "level", Type: schemas.Type{Kind: schemas.Enum, Nullable: true}},
		{Name: "names", Type: schemas.Type{Kind: schemas.String, List: true, Nullable: true}},
	}}
}

func smallRows() arrow.RecordBatch {
	return tableOf(smallTable(), [][]any{{int64(1), "A", []any{"x", "y"}}, {int64(2), nil, nil}, {int64(3), "B/C", []any{}}, {int64(4), "A", []any{"z"}}})
}

// publishSmall publishes the small table in every text and Parquet format.
func publishSmall(t testing.TB, dir string, rowsPerFile int64, formats []format.Format, partitionBy ...string) {
	t.Helper()
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{smallTable(partitionBy...)}, Formats: formats, RowsPerFile: rowsPerFile, FS: unsynced{}}, smallRows())
}

// unsynced is a disk whose files are as durable as a test needs.
type unsynced struct{ disk.OS }

type unsyncedFile struct{ disk.File }

func (unsynced) Create(name string) (disk.File, error) {
	f, err := disk.OS{}.Create(name)
	return unsyncedFile{f}, err
}

func (unsynced) SyncDir(string) error { return nil }
func (unsyncedFile) Sync() error      { return nil }

var threeFormats = []format.Format{{Name: "parquet"}, {Name: "ndjson", Compression: "gzip"}, {Name: "tsv", Null: "NA"}}

// kinds gives what Verify finds, as "path kind".
func kinds(t *testing.T, dir string) []string {
	t.Helper()
	v, err := verify.Folder(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range v.Findings {
		all = append(all, f.Path+" "+f.Kind)
	}
	if v.OK != (len(all) == 0) {
		t.Errorf("ok is %v with the findings %v", v.OK, all)
	}
	return all
}

func TestVerifyFindsNothingWhereNothingIs(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, f := range everyFormat() {
		shape := shapeFor(f)
		if f.Squish {
			continue // squished texts are checked as part of the next test
		}
		for _, by := range [][]string{nil, {"k7_null"}, {"k3", "k6_null"}} {
			if by != nil && f.Compression != format.Compressions(f.Name)[0] {
				continue
			}
			dir := filepath.Join(t.TempDir(), "out")
			parted := *shape
			parted.PartitionBy = by
			publishTo(t, Options{Target: dir, Tables: []*schemas.Table{&parted}, Formats: []format.Format{f}, RowsPerFile: 60, FS: unsynced{}}, nasty(shape, 0, 40), nasty(shape, 40, 37))
			if found := kinds(t, dir); len(found) > 0 {
				t.Errorf("%+v by %v: %v", f, by, found)
			}
		}
	}
	for _, rows := range []int64{0, 1, 3} {
		for _, by := range [][]string{nil, {"level"}, {"level", "id"}} {
			dir := filepath.Join(t.TempDir(), "out")
			publishSmall(t, dir, rows, []format.Format{{Name: "parquet"}, {Name: "ndjson", Compression: "zstd"}, {Name: "tsv", Squish: true}}, by...)
			if found := kinds(t, dir); len(found) > 0 {
				t.Errorf("by %v: %v", by, found)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "out")
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{smallTable("level")}, Formats: threeFormats})
	if found := kinds(t, dir); len(found) > 0 {
		t.Errorf("no rows: %v", found)
	}
}

// TestVerifyFindsEveryFlip turns over each byte of each file, one at a time.
func TestVerifyFindsEveryFlip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	publishSmall(t, dir, 0, []format.Format{{Name: "parquet", Compression: "none"}, {Name: "ndjson", Compression: "gzip"}, {Name: "tsv"}})
	for _, name := range []string{"small.parquet", "small.ndjson.gz", "small.tsv"} {
		name = filepath.Join(dir, name)
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			damaged := slices.Clone(whole)
			damaged[i] ^= 1 << (i % 8)
			overwrite(t, name, damaged)
			if len(kinds(t, dir)) == 0 {
				t.Errorf("%s: byte %d turned over and not found", name, i)
			}
		}
		overwrite(t, name, whole)
	}
	if found := kinds(t, dir); len(found) > 0 {
		t.Errorf("all put back: %v", found)
	}
}

// TestVerifyFindsCutManifest cuts the manifest at each place.
func TestVerifyFindsCutManifest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	publishSmall(t, dir, 0, []format.Format{{Name: "ndjson"}})
	name := filepath.Join(dir, manifest.Name)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) - 1 { // the last byte is a line break
		overwrite(t, name, whole[:n])
		if found := kinds(t, dir); !slices.Equal(found, []string{"_manifest.json manifest"}) {
			t.Fatalf("cut after %d bytes: %v", n, found)
		}
	}
}

func overwrite(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyFindsDamage does one kind of damage at a time.
func TestVerifyFindsDamage(t *testing.T) {
	const parquet = "small.parquet/level=A/part-00000.parquet"
	const tsv = "small.tsv/level=A/part-00000.tsv"
	edit := func(from, to string) func(string) error {
		return func(dir string) error {
			name := filepath.Join(dir, manifest.Name)
			text, err := os.ReadFile(name)
			if err == nil && !bytes.Contains(text, []byte(from)) {
				err = fmt.Errorf("the manifest has no %s", from)
			}
			return errors.Join(err, os.WriteFile(name, bytes.Replace(text, []byte(from), []byte(to), 1), 0o666))
		}
	}
	put := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666) }
	}
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   []string // among what is found, and nothing else
	}{
		"a file is gone":         {func(dir string) error { return os.Remove(filepath.Join(dir, parquet)) }, []string{parquet + " missing", "small.parquet/level=A extra"}},
		"a mark is gone":         {func(dir string) error { return os.Remove(filepath.Join(dir, manifest.SuccessName)) }, []string{"_SUCCESS missing"}},
		"a file too many":        {put("small.parquet/level=A/part-00001.parquet", ""), []string{"small.parquet/level=A/part-00001.parquet extra"}},
		"a hidden file":          {put(".hidden", ""), []string{".hidden extra"}},
		"an empty folder":        {func(dir string) error { return os.Mkdir(filepath.Join(dir, "small.parquet/level=Z"), 0o777) }, []string{"small.parquet/level=Z extra"}},
		"rejects out of nowhere": {put(manifest.RejectsName, ""), []string{"_rejects.ndjson extra"}},
		"rejects that went":      {edit(`"rejected": 0`, `"rejected": 2`), []string{"_rejects.ndjson missing"}},
		"a symlink":              {func(dir string) error { return os.Symlink("/etc/hosts", filepath.Join(dir, "hosts")) }, []string{"hosts link"}},
		"a symlink in place of a file": {func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, tsv), dir+".tsv"), os.Symlink(dir+".tsv", filepath.Join(dir, tsv)))
		}, []string{tsv + " link"}},
		"a symlink in place of a folder": {func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "small.tsv/level=A"), dir+".A"), os.Symlink(dir+".A", filepath.Join(dir, "small.tsv/level=A")))
		}, []string{"small.tsv/level=A link", tsv + " missing"}},
		"a pipe in place of a file": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, tsv)), syscall.Mkfifo(filepath.Join(dir, tsv), 0o666))
		}, []string{tsv + " type"}},
		"a folder in place of a file": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, tsv)), os.Mkdir(filepath.Join(dir, tsv), 0o777))
		}, []string{tsv + " type"}},
		"another partition": {func(dir string) error {
			return os.Rename(filepath.Join(dir, "small.tsv/level=A"), filepath.Join(dir, "small.tsv/level=B"))
		}, []string{tsv + " missing", "small.tsv/level=B/part-00000.tsv extra"}},
		"a file of other types": {put(parquet, string(foreignParquet(t))), []string{parquet + " bytes", parquet + " schema"}},
		"a row more":            {put(tsv, "id\tnames\n1\t\"x,y\"\n4\tz\n5\tz\n"), []string{tsv + " bytes", tsv + " rows"}},
		"a field of no type":    {put(tsv, "id\tnames\none\t\"x,y\"\n4\tz\n"), []string{tsv + " bytes", tsv + " unreadable"}},
		"a null where none":     {put(tsv, "id\tnames\nNA\tx\n4\tz\n"), []string{tsv + " bytes", tsv + " schema"}},
		"another header":        {put(tsv, "id\tname\n1\tx,y\n4\tz\n"), []string{tsv + " bytes", tsv + " unreadable"}},
		"a manifest's rows":     {edit(`"rows": 4`, `"rows": 5`), []string{"_manifest.json manifest"}},
		"a manifest's type":     {edit(`"list<string>"`, `"list<int64>"`), []string{"unreadable", "schema", "content"}},
		"no type at all":        {edit(`"list<string>"`, `"text"`), []string{"_manifest.json manifest"}},
		"a manifest's column":   {edit(`"name": "names"`, `"name": "nomen"`), []string{"unreadable", "schema", "content"}},
		"a manifest's key": {edit(`"id"
      ]`, `"ids"
      ]`), []string{"_manifest.json manifest", "content"}},
		"a manifest's partition": {edit(`"level": "A"`, `"level": "B"`), []string{"small.ndjson.gz/level=A/part-00000.ndjson.gz partition", "_manifest.json content"}},
		"a manifest's path":      {edit(`"path": "small.`, `"path": "../small.`), []string{"_manifest.json manifest"}},
		"a manifest's version":   {edit(`"version": 1`, `"version": 2`), []string{"_manifest.json manifest"}},
		"a manifest of nothing":  {put(manifest.Name, "{}"), []string{"_manifest.json manifest"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			publishSmall(t, dir, 0, threeFormats, "level")
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			found := kinds(t, dir)
			for _, want := range c.want {
				if !slices.ContainsFunc(found, func(f string) bool { return strings.HasSuffix(f, want) }) {
					t.Errorf("%s not found, but %v", want, found)
				}
			}
			for _, f := range found {
				if !slices.ContainsFunc(c.want, func(want string) bool { return strings.HasSuffix(f, want) }) {
					t.Errorf("found %s too", f)
				}
			}
		})
	}
}

func TestVerifyNothing(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if v, err := verify.Folder(context.Background(), dir); !errors.Is(err, manifest.ErrNone) {
			t.Errorf("%s: %+v %v", dir, v, err)
		}
	}
}

// TestVerifyWhilePublishing reads a folder that is being replaced all the
// time: never a mixture of two generations, nothing missing.
func TestVerifyWhilePublishing(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := filepath.Join(t.TempDir(), "out")
	publishSmall(t, dir, 1, threeFormats, "level")
	var done atomic.Bool
	var g errgroup.Group
	g.Go(func() error {
		defer done.Store(true)
		for range oneIn(2, 40) {
			publishSmall(t, dir, 2, threeFormats, "level")
		}
		return nil
	})
	reads := 0
	for !done.Load() {
		reads++
		if found := kinds(t, dir); len(found) > 0 {
			t.Errorf("found %v", found)
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if reads < oneIn(2, 10) {
		t.Errorf("only %d reads", reads)
	}
}

// FuzzVerify gives a sound folder any manifest: it is read without a panic, and
// is in order only if the manifest says of the file what is true.
func FuzzVerify(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "out")
	publishSmall(f, dir, 0, []format.Format{{Name: "ndjson"}})
	name := filepath.Join(dir, manifest.Name)
	whole, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	sum := bytes.Index(whole, []byte(`"sha256"`))
	f.Add(whole)
	f.Add(whole[:sum])
	f.Add(bytes.Replace(whole, []byte("small.ndjson"), []byte("small.tsv"), 1))
	f.Add(bytes.ReplaceAll(whole, []byte("null"), []byte(`{"level":"A"}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		overwrite(t, name, text)
		v, err := verify.Folder(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if v.OK && (v.Files != 1 || v.Rows != 4 || v.Tables != 1) {
			t.Errorf("in order: %+v", v)
		}
	})
}
