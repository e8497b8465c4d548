package load

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/diff"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

func columnOf(name string, kind schemas.Kind, list bool) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.Type{Kind: kind, List: list, Nullable: name != "id", ElementNullable: list}}
}

// publishTable publishes one table with the rows, in a new folder.
func publishTable(t *testing.T, shape *schemas.Table, kind string, rows ...[]any) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: kind}}, FS: unsynced{}}, tableOf(shape, rows))
	return dir
}

// differences compares the one table of two folders and gives the counts and
// the changes, a line each.
func differences(t *testing.T, old, new string) (*diff.Table, []string) {
	t.Helper()
	c, err := diff.Open(old, new)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d, err := c.Table(context.Background(), c.Tables()[0])
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	err = d.Changes(context.Background(), -1, func(c diff.Change) error {
		text, err := json.Marshal(c)
		lines = append(lines, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := d.Added + d.Removed + d.Changed; n != int64(len(lines)) || d.Removed+d.Changed+d.Same != d.OldRows || d.Added+d.Changed+d.Same != d.NewRows {
		t.Errorf("counts do not add up: %+v, %d lines", d, len(lines))
	}
	return d, lines
}

var diffTable = &schemas.Table{Name: "t", Key: []string{"id"}, Columns: []schemas.Column{
	columnOf("id", schemas.Int64, false), columnOf("level", schemas.Enum, false), columnOf("score", schemas.Float64, false),
	columnOf("names", schemas.String, true), columnOf("at", schemas.Timestamp, false),
}}

// TestCompareFormats finds the same differences whatever the formats and
// partitions are. TSV has lists as joined text only.
func TestCompareFormats(t *testing.T) {
	defer goleak.VerifyNone(t)
	at := arrow.Timestamp(1_700_000_000_123_456)
	old := [][]any{
		{int64(1), "A", 1.0, []any{"x", "y"}, at}, {int64(2), nil, nil, nil, nil}, {int64(3), "C=/", 2.5, []any{}, at}, {int64(4), "A", math.Copysign(0, -1), nil, nil},
	}
	new := [][]any{
		{int64(4), "A", 0.0, nil, nil}, {int64(5), "B\x1b[31m", 1e300, []any{"p"}, at}, {int64(3), "C=/", 2.5000000001, []any{"q", "r"}, at + 1}, {int64(1), "A", 1.0, []any{"x", "y"}, at},
	}
	want := []string{
		`{"table":"t","change":"added","key":{"id":5},"columns":{"id":{"new":5},"level":{"new":"B\u001b[31m"},"score":{"new":1.0e+300},"names":{"new":["p"]},"at":{"new":"2023-11-14T22:13:20.123456Z"}}}`,
		`{"table":"t","change":"removed","key":{"id":2},"columns":{"id":{"old":2},"level":{"old":null},"score":{"old":null},"names":{"old":null},"at":{"old":null}}}`,
		`{"table":"t","change":"changed","key":{"id":3},"columns":{"score":{"old":2.5,"new":2.5000000001},"names":{"old":[],"new":["q","r"]},"at":{"old":"2023-11-14T22:13:20.123456Z","new":"2023-11-14T22:13:20.123457Z"}}}`,
	}
	joined := strings.NewReplacer(`["p"]`, `"p"`, `["q","r"]`, `"q,r"`, `[]`, `""`)
	parted := *diffTable
	parted.PartitionBy = []string{"level"}
	for _, o := range []string{"parquet", "ndjson", "tsv"} {
		for _, n := range []string{"parquet", "ndjson", "tsv"} {
			for _, shapes := range [][2]*schemas.Table{{diffTable, diffTable}, {&parted, diffTable}, {diffTable, &parted}, {&parted, &parted}} {
				d, got := differences(t, publishTable(t, shapes[0], o, old...), publishTable(t, shapes[1], n, new...))
				expected := slices.Clone(want)
				if o == "tsv" || n == "tsv" {
					for i := range expected {
						expected[i] = joined.Replace(expected[i])
					}
				}
				if !slices.Equal(got, expected) || d.Same != 2 || len(d.Columns) != 0 || d.Equal() {
					t.Errorf("%s and %s: %+v\n%s", o, n, d, strings.Join(got, "\n"))
				}
			}
		}
	}
}

// TestCompareRepeats compares tables whose rows repeat, with and without key.
func TestCompareRepeats(t *testing.T) {
	row := func(id int64, name string) []any { return []any{id, name} }
	old := [][]any{row(1, "a"), row(1, "a"), row(1, "b"), row(2, "c"), row(3, "d")}
	new := [][]any{row(3, "d"), row(1, "b"), row(1, "e"), row(2, "c"), row(2, "c")}
	for _, c := range []struct {
		key                           []string
		added, removed, changed, same int64
	}{
		{[]string{"id"}, 1, 1, 1, 3},
		{[]string{"id", "name"}, 2, 2, 0, 3},
		{nil, 2, 2, 0, 3},
	} {
		shape := &schemas.Table{Name: "t", Key: c.key, Columns: []schemas.Column{columnOf("id", schemas.Int64, false), columnOf("name", schemas.String, false)}}
		d, lines := differences(t, publishTable(t, shape, "parquet", old...), publishTable(t, shape, "ndjson", new...))
		if d.Added != c.added || d.Removed != c.removed || d.Changed != c.changed || d.Same != c.same {
			t.Errorf("key %v: %+v %s", c.key, d, lines)
		}
	}
}

// TestCompareColumns compares tables of other columns.
func TestCompareColumns(t *testing.T) {
	shape := func(key string, columns ...schemas.Column) *schemas.Table {
		return &schemas.Table{Name: "t", Key: []string{key}, Columns: columns}
	}
	id := columnOf("id", schemas.Int64, false)
	old := publishTable(t, shape("id", id, columnOf("n", schemas.Int32, false), columnOf("gone", schemas.Bool, false), columnOf("list", schemas.Int64, true)),
		"parquet", []any{int64(1), int32(7), true, []any{int64(1), nil}}, []any{int64(2), int32(8), nil, nil})
	new := publishTable(t, shape("id", columnOf("m", schemas.Bool, false), columnOf("n", schemas.Float64, false), columnOf("list", schemas.String, true), schemas.Column{Name: "id", Type: schemas.Type{Kind: schemas.String, Nullable: true}}),
		"ndjson", []any{false, 7.0, []any{"1", nil}, "1"}, []any{nil, 8.5, nil, "2"})
	d, lines := differences(t, old, new)
	var columns []string
	for _, c := range d.Columns {
		columns = append(columns, fmt.Sprintf("%s %s %s>%s", c.Change, c.Name, c.Old, c.New))
	}
	wantColumns := []string{"added m >bool", "removed gone bool>", "type n int32>double", "type list list<int64>>list<string>", "type id int64 not null>string"}
	if !slices.Equal(columns, wantColumns) {
		t.Errorf("columns %q", columns)
	}
	want := []string{`{"table":"t","change":"changed","key":{"id":"2"},"columns":{"n":{"old":8,"new":8.5}}}`}
	if !slices.Equal(lines, want) {
		t.Errorf("changes %q", lines)
	}

	other := publishTable(t, shape("m", columnOf("m", schemas.Int64, false)), "parquet", []any{int64(1)})
	if d, _ := differences(t, old, other); len(d.Key) != 0 {
		t.Errorf("a key %v that the old table does not have", d.Key)
	}
}

// TestCompareTableOfOneFolder compares with a folder that has another table.
func TestCompareTableOfOneFolder(t *testing.T) {
	other := *diffTable
	other.Name = "z"
	d, lines := differences(t, publishTable(t, diffTable, "tsv", []any{int64(1), "A", 1.0, nil, nil}), publishTable(t, &other, "tsv"))
	if d.Removed != 1 || d.NewFormat != "" || d.Equal() || len(d.Columns) != 0 || len(lines) != 1 {
		t.Errorf("%+v %s", d, lines)
	}
}

// TestCompareOrder takes changes out of tables whose rows stand the other way
// round, several windows of them.
func TestCompareOrder(t *testing.T) {
	shape := &schemas.Table{Name: "t", Key: []string{"id"}, Columns: []schemas.Column{columnOf("id", schemas.Int64, false), columnOf("n", schemas.Int64, false)}}
	const rows = 20_005 // more than two windows
	var old, new [][]any
	for i := range int64(rows) {
		old, new = append(old, []any{i, i}), append(new, []any{i, i + 1})
	}
	slices.Reverse(new)
	d, lines := differences(t, publishTable(t, shape, "parquet", old...), publishTable(t, shape, "ndjson", new...))
	if d.Changed != rows {
		t.Fatalf("%+v", d)
	}
	for i, line := range lines {
		id := rows - 1 - i
		if want := fmt.Sprintf(`{"table":"t","change":"changed","key":{"id":%d},"columns":{"n":{"old":%d,"new":%d}}}`, id, id, id+1); line != want {
			t.Fatalf("%s, want %s", line, want)
		}
	}
	forward := publishTable(t, shape, "parquet", old...)
	slices.Reverse(old)
	if d, _ := differences(t, forward, publishTable(t, shape, "parquet", old...)); !d.Equal() {
		t.Errorf("another order is a difference: %+v", d)
	}
}

// TestCompareEqualContent: equal checksums in the manifests say that the rows are equal, without a look at the files.
func TestCompareEqualContent(t *testing.T) {
	rows := [][]any{{int64(1), "A", 1.0, []any{"x"}, nil}, {int64(2), "A", 2.0, nil, nil}}
	old, new := publishTable(t, diffTable, "tsv", rows...), publishTable(t, diffTable, "parquet", rows[1], rows[0])
	if d, lines := differences(t, old, new); !d.Equal() || d.Same != 2 || len(lines) > 0 {
		t.Errorf("%+v %v", d, lines)
	}
	overwrite(t, filepath.Join(new, "t.parquet"), []byte("no rows"))
	if d, _ := differences(t, old, new); !d.Equal() {
		t.Errorf("read all the same: %+v", d)
	}
}

// TestCompareDamaged refuses what cannot be read, and points at verify.
func TestCompareDamaged(t *testing.T) {
	good := publishTable(t, diffTable, "tsv", []any{int64(1), "A", 1.0, nil, nil})
	for name, text := range map[string]string{"t.tsv": "id\tlevel\n", manifest.Name: "{"} {
		bad := publishTable(t, diffTable, "tsv", []any{int64(1), "A", 2.0, nil, nil})
		overwrite(t, filepath.Join(bad, name), []byte(text))
		c, err := diff.Open(good, bad)
		if err == nil {
			_, err = c.Table(context.Background(), "t")
			c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "civic-etl verify") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCompareWhilePublishing compares a folder with itself while it is replaced
// by others of the same rows: never a mixture.
func TestCompareWhilePublishing(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := filepath.Join(t.TempDir(), "out")
	options := func(gen int) (Options, arrow.RecordBatch) {
		shape := &schemas.Table{Name: "t", Columns: []schemas.Column{columnOf("gen", schemas.Int64, false), columnOf("level", schemas.String, false)}, PartitionBy: []string{"level"}}
		return Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "parquet"}}, FS: unsynced{}}, generation(shape, gen)
	}
	o, rows := options(0)
	publishTo(t, o, rows)
	var done atomic.Bool
	var g errgroup.Group
	g.Go(func() error {
		defer done.Store(true)
		for gen := range 60 {
			o, rows := options(gen + 1)
			publishTo(t, o, rows)
		}
		return nil
	})
	for !done.Load() {
		_, lines := differences(t, dir, dir)
		kinds := map[string]bool{}
		for _, line := range lines {
			_, gen, _ := strings.Cut(line, `"gen":`)
			kinds[gen[:bytes.IndexByte([]byte(gen), '}')]] = true
		}
		if len(kinds) > 2 {
			t.Fatalf("rows of more than one generation in a folder: %v", kinds)
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
