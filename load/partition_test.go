package load

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// partitioned writes a table of one partition column and one other, and gives
// the folders, with the numbers in each, read from its TSV files.
func partitioned(t *testing.T, o Options, typ schemas.Type, values []any, perBatch int) map[string][]string {
	t.Helper()
	shape := &schemas.Table{Name: "t", PartitionBy: []string{"p"}, Columns: []schemas.Column{{Name: "n", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "p", Type: typ}}}
	o.Target, o.Tables, o.Formats = filepath.Join(fastDir(t), "out"), []*schemas.Table{shape}, []format.Format{{Name: "tsv"}}
	var batches []arrow.RecordBatch
	for from := 0; from < len(values); from += perBatch {
		rows := values[from:min(len(values), from+perBatch)]
		batches = append(batches, rowsOf(shape, from, rows))
	}
	results := publishTo(t, o, batches...)
	got := map[string][]string{}
	for _, f := range results[0].Files {
		data, err := os.ReadFile(filepath.Join(o.Target, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		if lines[0] != "n" {
			t.Errorf("%s has the columns %q", f.Path, lines[0])
		}
		dir := strings.TrimPrefix(path.Dir(f.Path), "t.tsv/")
		got[dir] = append(got[dir], lines[1:]...)
	}
	if err := readPublication(o.Target); err != nil {
		t.Error(err)
	}
	return got
}

func TestPartitionsOfEveryKind(t *testing.T) {
	for _, c := range []struct {
		kind   schemas.Kind
		values []any
		want   []string
	}{
		{schemas.String, []any{"a", nil, "", "a/b", "..", "a", "é"}, []string{"p=.. [4]", "p=__HIVE_DEFAULT_PARTITION__ [1 2]", "p=a [0 5]", "p=a%2Fb [3]", "p=é [6]"}},
		{schemas.Int32, []any{int32(-1), nil, int32(7)}, []string{"p=-1 [0]", "p=7 [2]", "p=__HIVE_DEFAULT_PARTITION__ [1]"}},
		{schemas.Bool, []any{true, false, true}, []string{"p=false [1]", "p=true [0 2]"}},
		{schemas.Float64, []any{1.0, 1e10, 0.5}, []string{"p=0.5 [2]", "p=1.0 [0]", "p=1.0E10 [1]"}},
		{schemas.Date, []any{arrow.Date32(0), arrow.Date32(16607)}, []string{"p=1970-01-01 [0]", "p=2015-06-21 [1]"}},
		{schemas.Timestamp, []any{arrow.Timestamp(1434844800_000000), arrow.Timestamp(1434844800_120000)}, []string{"p=2015-06-21T00%3A00%3A00.12Z [1]", "p=2015-06-21T00%3A00%3A00Z [0]"}},
	} {
		var got []string
		for dir, rows := range partitioned(t, Options{}, schemas.Type{Kind: c.kind, Nullable: true}, c.values, 10) {
			got = append(got, fmt.Sprint(dir, " ", rows))
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", c.kind, got, c.want)
		}
	}
}

// TestManyPartitions: however few files may be open, each partition is one
// file, with its rows in the order in which they came.
func TestManyPartitions(t *testing.T) {
	const rows = 3000
	values := make([]any, rows)
	want := map[string][]string{}
	for i := range values {
		text := fmt.Sprintf("v%d", i*i%601)
		values[i] = text
		want["p="+text] = append(want["p="+text], strconv.Itoa(i))
	}
	for _, maxOpen := range []int{1, 2, 0, 1000} {
		open := &openFiles{}
		got := partitioned(t, Options{MaxOpen: maxOpen, FS: open}, schemas.Type{Kind: schemas.String}, values, 500)
		if len(got) != len(want) {
			t.Errorf("%d open: %d partitions, not %d", maxOpen, len(got), len(want))
		}
		for dir, rows := range want {
			if !slices.Equal(got[dir], rows) {
				t.Errorf("%d open: %s holds %v, not %v", maxOpen, dir, got[dir], rows)
			}
		}
		allowed := maxOpen
		if maxOpen == 0 {
			allowed = defaultMaxOpen
		}
		// With the spills: those being filled and the one being read, at each of a
		// few depths.
		t.Logf("%d open: %d files at once", maxOpen, open.most)
		if open.most > allowed+6*fanout {
			t.Errorf("%d open: %d files at once", maxOpen, open.most)
		}
	}
}

func TestEmptyPartitionedTable(t *testing.T) {
	shape := everyKind()
	shape.PartitionBy = []string{"k2_null"}
	dir := filepath.Join(t.TempDir(), "out")
	r := publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "parquet"}, {Name: "tsv"}}})
	if len(r[0].Files) != 2 || r[0].Files[0].Path != "every_kind.parquet/part-00000.parquet" || r[0].Files[0].Rows != 0 {
		t.Errorf("%+v", r[0].Files)
	}
	header, _ := os.ReadFile(filepath.Join(dir, "every_kind.tsv", "part-00000.tsv"))
	if !strings.Contains(string(header), "\tk2_null\t") {
		t.Errorf("%s", header)
	}
}

func TestRowsPerFile(t *testing.T) {
	shape := everyKind()
	for _, partition := range [][]string{nil, {"k4"}} {
		shape.PartitionBy = partition
		dir := filepath.Join(t.TempDir(), "out")
		o := Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "ndjson"}}, RowsPerFile: 30}
		r := publishTo(t, o, nasty(shape, 0, 50), nasty(shape, 50, 50))
		var got []string
		for _, f := range r[0].Files {
			got = append(got, fmt.Sprint(f.Path, " ", f.Rows))
		}
		want := []string{"every_kind.ndjson/part-00000.ndjson 30", "every_kind.ndjson/part-00001.ndjson 30", "every_kind.ndjson/part-00002.ndjson 30", "every_kind.ndjson/part-00003.ndjson 10"}
		if partition != nil {
			want = []string{"every_kind.ndjson/k4=false/part-00000.ndjson 30", "every_kind.ndjson/k4=false/part-00001.ndjson 19", "every_kind.ndjson/k4=true/part-00000.ndjson 30", "every_kind.ndjson/k4=true/part-00001.ndjson 21"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestPartitionNameTooLong(t *testing.T) {
	shape := everyKind()
	shape.PartitionBy = []string{"k5"}
	out, err := Create(Options{Target: filepath.Join(t.TempDir(), "out"), Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "tsv"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	err = out.Write(context.Background(), 0, nasty(shape, 0, 100))
	if err == nil || !strings.Contains(err.Error(), "write table every_kind: partition column k5: the folder") {
		t.Error(err)
	}
	if err := out.Write(context.Background(), 0, nasty(shape, 0, 1)); err == nil {
		t.Error("a failed output takes more")
	}
}
