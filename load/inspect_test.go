package load

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// briefly gives each column as "name type nulls min max".
func briefly(in *inspect.Report) []string {
	var all []string
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	for _, c := range in.Columns {
		all = append(all, fmt.Sprintf("%s %s %v %d %s %s", c.Name, c.Type, c.Nullable, c.Nulls, text(c.Min), text(c.Max)))
	}
	return all
}

func TestInspectFormats(t *testing.T) {
	shape := &schemas.Table{Name: "t", Key: []string{"id"}, Columns: []schemas.Column{
		columnOf("id", schemas.Int64, false), columnOf("f", schemas.Float64, false), columnOf("b", schemas.Bool, false), columnOf("s", schemas.String, false),
		columnOf("l", schemas.Int64, true), columnOf("at", schemas.Timestamp, false), columnOf("day", schemas.Date, false), columnOf("no", schemas.Int32, false),
	}}
	rows := [][]any{
		{int64(10), 2.5, true, "b", []any{int64(1)}, arrow.Timestamp(1_000_000), arrow.Date32(1), nil},
		{int64(-2), nil, nil, "é\x1b", []any{}, nil, arrow.Date32(0), nil},
		{int64(9), -3.0, false, nil, nil, arrow.Timestamp(1), nil, nil},
	}
	dir := filepath.Join(t.TempDir(), "out")
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, FS: unsynced{}, Metadata: map[string]string{"civic-etl.spec": "x"},
		Formats: []format.Format{{Name: "parquet", RowGroupRows: 2}, {Name: "ndjson", Compression: "zstd"}, {Name: "tsv", Compression: "gzip"}}}, tableOf(shape, rows))
	for name, want := range map[string][]string{
		"t.parquet": {"id int64 false 0 -2 10", "f double true 1 -3.0 2.5", "b bool true 1 false true", "s string true 1 b é\x1b", "l list<int64> true -1 1 1",
			"at timestamp[us, UTC] true 1 1970-01-01T00:00:00.000001Z 1970-01-01T00:00:01Z", "day date true 1 1970-01-01 1970-01-02", "no int32 true 3 - -"},
		"t.ndjson.zst": {"id int64 false 0 - -", "f double true 1 - -", "b bool true 1 - -", "s string true 1 - -", "l list<int64> true 1 - -", "at string true 1 - -", "day string true 1 - -", "no unknown true 3 - -"},
		"t.tsv.gz":     {"id int64 false 0 - -", "f double true 1 - -", "b bool true 1 - -", "s string true 1 - -", "l int64 true 1 - -", "at timestamp true 1 - -", "day date true 1 - -", "no unknown true 3 - -"},
	} {
		in, err := inspect.Read(context.Background(), filepath.Join(dir, name), 2)
		if err != nil {
			t.Fatal(err)
		}
		if name == "t.tsv.gz" { // an empty list is an empty text there
			want[4] = "l string true 1 - -"
		}
		if got := briefly(in); !slices.Equal(got, want) {
			t.Errorf("%s:\n%q\n%q", name, got, want)
		}
		if in.Rows != 3 || len(in.Samples) != 1 || len(in.Samples[0].Rows) != 2 || in.Bytes == 0 {
			t.Errorf("%s: %+v", name, in)
		}
		if name == "t.parquet" && (len(in.RowGroups) != 2 || in.RowGroups[1].Rows != 1 || in.Metadata["civic-etl.spec"] != "x") {
			t.Errorf("%+v", in)
		}
	}
	in, err := inspect.Read(context.Background(), dir, 1)
	if err != nil || in.Kind != "folder" || in.Rows != 3 || in.Samples[0].Table != "t" {
		t.Fatalf("%+v %v", in, err)
	}
	if want := `{"id":10,"f":2.5,"b":true,"s":"b","l":[1],"at":"1970-01-01T00:00:01Z","day":"1970-01-02","no":null}`; string(in.Samples[0].Rows[0]) != want {
		t.Errorf("%s", in.Samples[0].Rows[0])
	}
}

// foreignParquet is a file that we could not have written.
func foreignParquet(t testing.TB, properties ...parquet.WriterProperty) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Uint16}, arrow.Field{Name: "y", Type: arrow.ListOf(arrow.BinaryTypes.Binary), Nullable: true}), Nullable: true},
		{Name: "m", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float32), Nullable: true},
		{Name: "d", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}, Nullable: true},
		{Name: "ns", Type: arrow.FixedWidthTypes.Timestamp_ns, Nullable: true},
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(
		`[{"a":{"x":1,"y":["AAE=",null]},"m":[{"key":"k","value":1.5}],"d":"12.34","ns":"2020-01-01T00:00:00.000000001Z","id":7},{"a":null,"m":null,"d":null,"ns":null,"id":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &b, parquet.NewWriterProperties(properties...), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInspectForeignParquet(t *testing.T) {
	name := filepath.Join(t.TempDir(), "foreign")
	overwrite(t, name, foreignParquet(t))
	in, err := inspect.Read(context.Background(), name, 5)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range in.Columns {
		names = append(names, c.Name+" "+fmt.Sprint(len(c.Physical)))
	}
	if want := []string{"a 2", "m 2", "d 1", "ns 1", "id 1"}; !slices.Equal(names, want) || in.Rows != 2 || len(in.Samples[0].Rows) != 2 {
		t.Errorf("%q %+v", names, in)
	}
	if got := fmt.Sprintf("%s %q", in.Samples[0].Rows, in.Samples[0].LeftOut); got != `[{"id":7} {"id":null}] ["a" "m" "d" "ns"]` {
		t.Error(got)
	}
}

// TestInspectRefuses gives files that cannot be read: each an error, in words.
func TestInspectRefuses(t *testing.T) {
	whole := foreignParquet(t)
	encrypted := foreignParquet(t, parquet.WithEncryptionProperties(parquet.NewFileEncryptionProperties("0123456789abcdef")))
	for _, c := range []struct{ name, text, want string }{
		{"cut.parquet", string(whole[:len(whole)-5]), "not a Parquet file that can be read"},
		{"empty.parquet", "", "not a Parquet file that can be read"},
		{"encrypted", string(encrypted), "decrypt"},
		{"x.ndjson", "{\"a\":1}\n[1]\n", "line 2"},
		{"x.ndjson", "{\"a\":1}\n{\"a\":", "line 2"},
		{"x.ndjson.gz", "{}", "gzip"},
		{"x.tsv", "a\tb\n1\n", "row 1: 1 fields instead of 2"},
		{"x.tsv", "a\tb\n1\t2", "row 1"},
		{"x.tsv.zst", "a", "unexpected EOF"},
		{manifest.Name, "{}", "version 0"},
		{manifest.RejectsName, "{\"table\":\"t\"}\n{\"reason\":1}\n", "line 2"},
		{"x.csv", "a,b\n", "neither its name nor its first bytes"},
	} {
		name := filepath.Join(t.TempDir(), c.name)
		overwrite(t, name, []byte(c.text))
		if _, err := inspect.Read(context.Background(), name, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := inspect.Read(context.Background(), t.TempDir(), 0); err == nil {
		t.Error("a folder without manifest was inspected")
	}
}

func TestInspectRejects(t *testing.T) {
	name := filepath.Join(t.TempDir(), manifest.RejectsName)
	overwrite(t, name, []byte(strings.Repeat(`{"table":"t","reason":"no","path":"a.b","record":{"id":1}}`+"\n", 3)))
	in, err := inspect.Read(context.Background(), name, 1)
	if err != nil || in.Rows != 3 || len(in.Rejects) != 1 || in.Rejects[0].Records != 3 || string(in.Samples[0].Rows[0]) != `{"id":1}` {
		t.Errorf("%+v %v", in, err)
	}
}

// FuzzInspect looks into anything: an error or not, never a panic.
func FuzzInspect(f *testing.F) {
	dir := f.TempDir()
	kinds := []string{"x.parquet", "x.ndjson", "x.tsv", "x.ndjson.gz", "x.tsv.zst", manifest.Name, manifest.RejectsName}
	f.Add(uint8(0), foreignParquet(f, parquet.WithDictionaryDefault(false)))
	f.Add(uint8(1), []byte("{\"a\":[1,{\"b\":null}],\"c\":\"\\u001b\"}\n{}\n"))
	f.Add(uint8(2), []byte("a\tb\n\"x\"\"y\"\t\n"))
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		name := filepath.Join(dir, kinds[int(kind)%len(kinds)])
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if in, err := inspect.Read(context.Background(), name, 3); err == nil && (in.Rows < 0 || in.Kind == "") {
			t.Errorf("%+v", in)
		}
	})
}
