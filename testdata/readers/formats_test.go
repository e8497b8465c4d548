package readers

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// outputs are the folders published so far, by spec and flags: DuckDB, Spark
// and parquet-go read the same ones.
var outputs struct {
	sync.Mutex
	dirs map[string]string
}

// output publishes a spec of the folder specs from the embedded demo API, once
// a test binary.
func output(t *testing.T, spec string, flags ...string) string {
	t.Helper()
	outputs.Lock()
	defer outputs.Unlock()
	key := spec + "\x00" + strings.Join(flags, "\x00")
	if dir, ok := outputs.dirs[key]; ok {
		return dir
	}
	dir := filepath.Join(shared, "out", strings.TrimSuffix(spec, ".yaml"))
	runInto(t, dir, spec, append([]string{"--demo"}, flags...)...)
	if outputs.dirs == nil {
		outputs.dirs = map[string]string{}
	}
	outputs.dirs[key] = dir
	return dir
}

// checkFormats reads a table in all three formats with DuckDB: Parquet and
// NDJSON give the wanted rows with the wanted types, TSV the wanted rows with
// lists as text. A table in one piece has its rows in the wanted order too.
func checkFormats(t *testing.T, out string, w wanted, want *relation) {
	t.Helper()
	if len(want.rows) == 0 {
		t.Fatalf("table %s: the oracle gives no row, so nothing is tested", w.table)
	}
	db := duckDB(t)
	ordered := w.ordered()
	for _, f := range []string{"parquet", "ndjson", "tsv"} {
		t.Run(f, func(t *testing.T) {
			path, ending := tablePath(t, out, w.table, f)
			wanted := want
			var source string
			switch f {
			case "parquet":
				source = fromParquet(path, w.partitions())
			case "ndjson":
				source = fromNDJSON(path, ending, w.stored(), w.partitions())
			case "tsv":
				source = fromTSV(path, ending, flat(w.stored()), w.partitions())
				wanted = flatten(want)
			}
			same(t, f, wanted, query(t, db, "SELECT * FROM "+source), ordered)
			if isDir(path) || len(w.parted) > 0 {
				checkPaths(t, path, ending, w, want)
			}
		})
	}
}

// ordered tells whether readers see the rows in the order of the key.
func (w wanted) ordered() bool { return len(w.parted) == 0 && !w.shuffle }

// tablePath finds a table's file or folder, whatever its compression, and the
// ending its files have.
func tablePath(t *testing.T, out, table, format string) (path, ending string) {
	t.Helper()
	var tried []string
	for _, ending := range []string{format, format + ".gz", format + ".zst"} {
		path := filepath.Join(out, table+"."+ending)
		if _, err := os.Stat(path); err == nil {
			return path, ending
		}
		tried = append(tried, path)
	}
	t.Fatalf("none of %q is there", tried)
	return "", ""
}

// stored are the columns inside the files: all but the partition columns.
func (w wanted) stored() []column {
	return w.pick(func(name string) bool { return !slices.Contains(w.parted, name) })
}

// partitions are the columns that the paths hold.
func (w wanted) partitions() []column {
	return w.pick(func(name string) bool { return slices.Contains(w.parted, name) })
}

func (w wanted) pick(which func(name string) bool) []column {
	var out []column
	for _, c := range w.columns {
		if which(c.name) {
			out = append(out, column{c.name, c.typ})
		}
	}
	return out
}

// flat are the columns as TSV has them: lists are text.
func flat(columns []column) []column {
	out := slices.Clone(columns)
	for i, c := range out {
		if strings.HasSuffix(c.typ, "[]") {
			out[i].typ = "VARCHAR"
		}
	}
	return out
}

// flatten makes of a relation what TSV holds of it: a list is its elements
// joined with commas, null elements as nothing.
func flatten(r *relation) *relation {
	out := &relation{columns: flat(r.columns)}
	for _, row := range r.rows {
		var values []any
		if err := decode([]byte(row), &values); err != nil {
			panic(err)
		}
		for i, v := range values {
			if element, ok := strings.CutSuffix(r.columns[i].typ, "[]"); ok && v != nil {
				values[i] = commas(element, v.([]any))
			}
		}
		text, err := marshal(values)
		if err != nil {
			panic(err)
		}
		out.rows = append(out.rows, text)
	}
	return out
}

func commas(typ string, list []any) string {
	parts := make([]string, len(list))
	for i, e := range list {
		if e != nil {
			parts[i] = plain(typ, e)
		}
	}
	return strings.Join(parts, ",")
}

// plain is the text of a value in canonical form.
func plain(typ string, v any) string {
	switch {
	case typ == "TIMESTAMP WITH TIME ZONE":
		return time.UnixMicro(number(v)).UTC().Format(time.RFC3339Nano)
	case typ == "DATE":
		return time.Unix(number(v)*86400, 0).UTC().Format(time.DateOnly)
	}
	return fmt.Sprint(v)
}

// checkPaths holds the folders of a table's parts against the wanted values:
// one folder a combination of partition values, and no other.
func checkPaths(t *testing.T, path, ending string, w wanted, want *relation) {
	t.Helper()
	wanted := map[string]bool{}
	for _, row := range want.rows {
		wanted[partition(w, row)] = true
	}
	got := map[string]bool{}
	for _, file := range files(t, path, "."+ending) {
		folder, err := filepath.Rel(path, filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		got[folder] = true
	}
	if !maps.Equal(wanted, got) {
		t.Errorf("folders under %s\n got %q\nwant %q", path, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(wanted)))
	}
}

// partition is the folder a wanted row belongs in; "." without partitions.
func partition(w wanted, row string) string {
	var values []any
	if err := decode([]byte(row), &values); err != nil {
		panic(err)
	}
	folder := "."
	for _, name := range w.parted {
		i := slices.IndexFunc(w.columns, func(c wantedColumn) bool { return c.name == name })
		folder = filepath.Join(folder, name+"="+escape(values[i]))
	}
	return folder
}
