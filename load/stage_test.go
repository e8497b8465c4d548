package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

func tsvOptions(dir string) Options {
	return Options{Target: dir, Tables: []*schemas.Table{everyKind()}, Formats: []format.Format{{Name: "tsv"}}}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestCreateRefuses lists the targets that must not be published to. What is
// there stays, and no parent is made.
func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "x")
	write(t, filepath.Join(dir, "mine", "notes.txt"), "x")
	write(t, filepath.Join(dir, "spark", "_SUCCESS"), "")
	write(t, filepath.Join(dir, "odd", manifest.Name), "{}")
	if err := smallRun(filepath.Join(dir, "mixed"), disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "mixed", "notes.txt"), "x")
	for link, to := range map[string]string{"tofile": "file", "tonowhere": "nowhere", "tomine": "mine"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	for target, want := range map[string]string{
		"":                               "name a folder for the output alone",
		".":                              "name a folder for the output alone",
		"..":                             "name a folder for the output alone",
		"../":                            "name a folder for the output alone",
		"/":                              "name a folder for the output alone",
		"x/..":                           "name a folder for the output alone",
		filepath.Join(dir, "file"):       "is a file",
		filepath.Join(dir, "file/below"): "not a directory",
		filepath.Join(dir, "file/b/c"):   "not a directory",
		filepath.Join(dir, "mine"):       "civic-etl did not write it: move it away",
		filepath.Join(dir, "mine") + "/": "civic-etl did not write it: move it away",
		filepath.Join(dir, "spark"):      "civic-etl did not write it: move it away",
		filepath.Join(dir, "odd"):        "manifest",
		filepath.Join(dir, "mixed"):      "holds notes.txt, which civic-etl did not write",
		filepath.Join(dir, "tofile"):     "a symlink to a file",
		filepath.Join(dir, "tonowhere"):  "leads nowhere",
		filepath.Join(dir, "tomine"):     "civic-etl did not write it",
		"/proc/none/out":                 "no such file",
		filepath.Join(dir, "new", strings.Repeat("n", 250)): "name too long",
	} {
		out, err := Create(tsvOptions(target))
		if err == nil {
			out.Abort()
			t.Errorf("%q was taken", target)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %q", target, err, want)
		}
	}
	if after := tree(t, dir); after != before {
		t.Errorf("something changed:\n%s", after)
	}
}

func TestCreateRefusesOptions(t *testing.T) {
	column := func(name string, typ schemas.Type) schemas.Column { return schemas.Column{Name: name, Type: typ} }
	shape := func(name string, partition []string, columns ...schemas.Column) *schemas.Table {
		return &schemas.Table{Name: name, Columns: columns, PartitionBy: partition}
	}
	id, list := column("id", schemas.Type{Kind: schemas.Int64}), column("list", schemas.Type{Kind: schemas.String, List: true})
	tsv := []format.Format{{Name: "tsv"}}
	for want, o := range map[string]Options{
		"no format":                   {Tables: []*schemas.Table{shape("a", nil, id)}},
		"listed twice":                {Tables: []*schemas.Table{shape("a", nil, id)}, Formats: []format.Format{{Name: "tsv"}, {Name: "tsv", Squish: true}}},
		`unknown format "csv"`:        {Formats: []format.Format{{Name: "csv"}}},
		`compressed with "lzo"`:       {Formats: []format.Format{{Name: "parquet", Compression: "lzo"}}},
		"levels go from 1 to 22":      {Formats: []format.Format{{Name: "parquet", Level: 23}}},
		"snappy has no levels":        {Formats: []format.Format{{Name: "parquet", Compression: "snappy", Level: 1}}},
		"none has no levels":          {Formats: []format.Format{{Name: "ndjson", Level: 1}}},
		"row_group_rows -1":           {Formats: []format.Format{{Name: "parquet", RowGroupRows: -1}}},
		"two tables are called a":     {Tables: []*schemas.Table{shape("a", nil, id), shape("a", nil, id)}, Formats: tsv},
		`"../a" cannot be the name`:   {Tables: []*schemas.Table{shape("../a", nil, id)}, Formats: tsv},
		`"_a" cannot be the name`:     {Tables: []*schemas.Table{shape("_a", nil, id)}, Formats: tsv},
		"has no columns":              {Tables: []*schemas.Table{shape("a", nil)}, Formats: tsv},
		`two columns are called "id"`: {Tables: []*schemas.Table{shape("a", nil, id, id)}, Formats: tsv},
		`no column "x" to partition`:  {Tables: []*schemas.Table{shape("a", []string{"x"}, id)}, Formats: tsv},
		"partition column list is a":  {Tables: []*schemas.Table{shape("a", []string{"list"}, id, list)}, Formats: tsv},
		"partitioned by all":          {Tables: []*schemas.Table{shape("a", []string{"id"}, id)}, Formats: tsv},
		"partitioned by id twice":     {Tables: []*schemas.Table{shape("a", []string{"id", "id"}, id, list)}, Formats: tsv},
	} {
		o.Target = filepath.Join(t.TempDir(), "out")
		if _, err := Create(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

// TestForeignFileAtLastMoment puts a user's file into the target between Create
// and Publish.
func TestForeignFileAtLastMoment(t *testing.T) {
	for _, when := range []string{"while writing", "between check and exchange"} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := smallRun(dir, disk.OS{}, 1); err != nil {
			t.Fatal(err)
		}
		o := tsvOptions(dir)
		place := func() { write(t, filepath.Join(dir, "notes.txt"), "mine") }
		if when != "while writing" {
			o.FS = beforeExchange{do: place}
		}
		out, err := Create(o)
		if err != nil {
			t.Fatal(err)
		}
		if when == "while writing" {
			place()
		}
		if _, err := out.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := out.Publish(&manifest.Manifest{RunID: "2"}); !errors.Is(err, publish.ErrForeign) {
			t.Errorf("%s: %v", when, err)
		}
		if err := out.Abort(); err != nil {
			t.Error(err)
		}
		if data, err := os.ReadFile(filepath.Join(dir, "notes.txt")); err != nil || string(data) != "mine" {
			t.Errorf("%s: the user's file is gone: %v", when, err)
		}
		if err := readPublication(dir); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		checkLitter(t, dir, when, false)
	}
}

type beforeExchange struct {
	disk.OS
	do func()
}

func (f beforeExchange) Exchange(a, b string) error {
	if _, err := os.Stat(filepath.Join(b, "notes.txt")); err != nil && filepath.Base(b) != publish.OutputName {
		f.do()
	}
	return f.OS.Exchange(a, b)
}

func TestSymlinkedTargetKeepsItsLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "big", "disk"), 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "out")
	if err := os.Symlink("big/disk", link); err != nil {
		t.Fatal(err)
	}
	for gen := range 2 {
		if err := smallRun(link, disk.OS{}, gen); err != nil {
			t.Fatal(err)
		}
		if to, err := os.Readlink(link); err != nil || to != "big/disk" {
			t.Errorf("the link became %q: %v", to, err)
		}
		if err := readPublication(link); err != nil {
			t.Error(err)
		}
	}
}

func TestRelativeTarget(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for gen, target := range []string{"out/evidence", "./out/evidence/", "out//evidence"} {
		if err := smallRun(target, disk.OS{}, gen); err != nil {
			t.Fatal(err)
		}
	}
	if err := readPublication(filepath.Join(dir, "out", "evidence")); err != nil {
		t.Error(err)
	}
}

func TestUnwritableParent(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(tsvOptions(filepath.Join(dir, "out"))); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
}

// TestSweep removes the stages of dead runs, and those only.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	dead := filepath.Join(parent, ".out.civic-etl-0123456789abcdef")
	write(t, filepath.Join(dead, "out.parquet.part", "x.part"), "x")
	others := []string{".out.civic-etl-0123456789abcde", ".out.civic-etl-0123456789abcdeg", ".other.civic-etl-0123456789abcdef", ".out.civic-etl-"}
	for _, o := range others {
		write(t, filepath.Join(parent, o, "x"), "x")
	}
	out, err := Create(tsvOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Error("the dead stage is still there")
	}
	for _, o := range others {
		if _, err := os.Stat(filepath.Join(parent, o, "x")); err != nil {
			t.Errorf("%s is gone", o)
		}
	}
}

// TestLock: a target has one run at a time, by whatever path it is named, and whatever else the runs do not share. The
// lock leaves no file.
func TestLock(t *testing.T) {
	parent := t.TempDir()
	dir, link := filepath.Join(parent, "out"), filepath.Join(parent, "link")
	if err := os.Symlink(parent, link); err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(parent, ".out.civic-etl-lock")
	write(t, lock, "") // of a run that was killed
	first, err := Create(tsvOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(link, "out")} {
		if _, err := Create(tsvOptions(path)); !errors.Is(err, publish.ErrBusy) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat(first.stage.Dir); err != nil {
		t.Error("the stage of a live run is gone")
	}
	if other, err := Create(tsvOptions(filepath.Join(parent, "other"))); err != nil {
		t.Errorf("another target: %v", err)
	} else if err := other.Abort(); err != nil {
		t.Error(err)
	}
	if err := first.Abort(); err != nil {
		t.Error(err)
	}
	if exists(lock) {
		t.Error("the lock is still there")
	}
	if err := smallRun(dir, disk.OS{}, 1); err != nil {
		t.Error(err)
	}
	plant(t, filepath.Join(parent, "victim"), lock)
	if err := smallRun(dir, disk.OS{}, 2); err == nil || !strings.Contains(err.Error(), "is not a regular file: remove it") {
		t.Errorf("a symlink for the lock: %v", err)
	}
	if exists(filepath.Join(parent, "victim")) {
		t.Error("a file was made through a symlink")
	}
}

// TestNamesBeforePublication: nothing in a stage is called as a reader's
// pattern would have it.
func TestNamesBeforePublication(t *testing.T) {
	shape := everyKind()
	shape.PartitionBy = []string{"k2_null"}
	parent := t.TempDir()
	out, err := Create(Options{Target: filepath.Join(parent, "out"), Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "parquet"}, {Name: "tsv"}}, MaxOpen: 2, RowsPerFile: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	look := func(when string) {
		for _, line := range strings.Split(tree(t, parent), "\n") {
			name, _, _ := strings.Cut(line, " ")
			if strings.HasSuffix(name, ".parquet") || strings.HasSuffix(name, ".tsv") {
				t.Errorf("%s: %s", when, name)
			}
		}
	}
	if err := out.Write(context.Background(), 0, nasty(shape, 0, 60)); err != nil {
		t.Fatal(err)
	}
	look("written")
	if _, err := out.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	look("closed")
}

// TestNestedTargets: no target may lie inside a published folder, by whatever path it is named, or around one.
func TestNestedTargets(t *testing.T) {
	dir := t.TempDir()
	outer := filepath.Join(dir, "outer")
	if err := smallRun(outer, disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	if err := smallRun(filepath.Join(dir, "several", "inner"), disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken")
	write(t, filepath.Join(broken, manifest.Name), "{")
	write(t, filepath.Join(broken, manifest.SuccessName), "")
	write(t, filepath.Join(dir, "other", manifest.Name), `{"of": "another program"}`)
	if err := os.Symlink(filepath.Join(outer, "parted.tsv"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(dir, "linked")
	if err := smallRun(linked, withoutExchange{disk.OS{}}, 1); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	for target, want := range map[string]string{
		filepath.Join(outer, "inner"):               "inside " + outer,
		filepath.Join(outer, "a", "b", "inner"):     "inside " + outer,
		filepath.Join(outer, "parted.tsv", "inner"): "inside " + outer,
		filepath.Join(dir, "link", "inner"):         "inside " + outer,
		filepath.Join(linked, "inner"):              "inside " + linked,
		filepath.Join(broken, "inner"):              "inside " + broken,
		filepath.Join(dir, "several"):               filepath.Join(dir, "several", "inner") + ", which another pipeline publishes",
	} {
		err := smallRun(target, disk.OS{}, 2)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "publish to a") && !strings.Contains(err.Error(), "or publish to another folder") {
			t.Errorf("%s: %v", target, err)
		}
	}
	if after := tree(t, dir); after != before {
		t.Errorf("a refused target changed\n%s", after)
	}
	if err := smallRun(filepath.Join(dir, "other", "out"), disk.OS{}, 1); err != nil {
		t.Errorf("below a manifest of another program: %v", err)
	}
	// A folder that an older version published there: the message names it.
	inner := filepath.Join(outer, "inner")
	if err := os.Rename(filepath.Join(dir, "several", "inner"), inner); err != nil {
		t.Fatal(err)
	}
	if err := smallRun(outer, disk.OS{}, 2); err == nil || !strings.Contains(err.Error(), inner+", which another pipeline publishes: move it away") {
		t.Errorf("around a published folder: %v", err)
	}
}
