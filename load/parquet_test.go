package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/schemas"
)

func parquetFile(t *testing.T, f format.Format, metadata map[string]string, shape *schemas.Table, batches ...arrow.RecordBatch) []byte {
	t.Helper()
	var b bytes.Buffer
	f.Name = "parquet"
	e, err := newEncoder(&b, f, shape, metadata)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		if err := e.Write(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGoldenParquetSchema shows the schema as arrow-go reads it: order, nesting,
// logical types.
func TestGoldenParquetSchema(t *testing.T) {
	r, err := file.NewParquetReader(bytes.NewReader(parquetFile(t, format.Format{}, nil, everyKind())))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "every_kind.schema.txt", []byte(r.MetaData().Schema.String()+"\n"))
}

// TestParquetFacts looks at what the format leaves to the writer.
func TestParquetFacts(t *testing.T) {
	shape := everyKind()
	data := parquetFile(t, format.Format{RowGroupRows: 60}, map[string]string{"civic-etl.spec": "a: 1\n", "b": "ü"}, shape, nasty(shape, 0, 100), nasty(shape, 100, 100))
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	meta := f.Metadata()
	if meta.Version != 2 || meta.CreatedBy != "civic-etl version 1(build parquet-go)" {
		t.Errorf("version %d by %q", meta.Version, meta.CreatedBy)
	}
	if v, _ := f.Lookup("civic-etl.spec"); v != "a: 1\n" {
		t.Errorf("spec %q", v)
	}
	var rows []int64
	for i, g := range meta.RowGroups {
		rows = append(rows, g.NumRows)
		for j, c := range g.Columns {
			checkColumn(t, fmt.Sprintf("row group %d, %s", i, strings.Join(c.MetaData.PathInSchema, ".")), f, c, i*len(g.Columns)+j)
		}
	}
	if !slices.Equal(rows, []int64{60, 60, 60, 20}) {
		t.Errorf("row groups of %v rows", rows)
	}
}

func checkColumn(t *testing.T, name string, f *parquet.File, c pqformat.ColumnChunk, index int) {
	t.Helper()
	m := c.MetaData
	if m.Codec != pqformat.Zstd {
		t.Errorf("%s: %s", name, m.Codec)
	}
	for _, s := range m.EncodingStats {
		if s.PageType == pqformat.DataPageV2 {
			t.Errorf("%s: pages of version 2", name)
		}
	}
	dictionary := slices.Contains(m.Encoding, pqformat.RLEDictionary)
	if unique := m.PathInSchema[0] == "z_id" || m.Type == pqformat.Boolean; dictionary == unique {
		t.Errorf("%s: dictionary %v", name, dictionary)
	}
	if m.NumValues > m.Statistics.NullCount && (m.Statistics.MinValue == nil || m.Statistics.MaxValue == nil) {
		t.Errorf("%s: no statistics", name)
	}
	if len(m.Statistics.MinValue) > parquetio.BoundSize || len(m.Statistics.MaxValue) > parquetio.BoundSize {
		t.Errorf("%s: a statistic of %d or %d bytes", name, len(m.Statistics.MinValue), len(m.Statistics.MaxValue))
	}
	if len(m.Statistics.Min) > 0 || c.ColumnIndexLength == 0 || c.OffsetIndexLength == 0 {
		t.Errorf("%s: deprecated statistics, or no page index", name)
	}
	for _, v := range f.ColumnIndexes()[index].MaxValues {
		if len(v) > parquetio.BoundSize {
			t.Errorf("%s: a bound of %d bytes in the page index", name, len(v))
		}
	}
}

// TestParquetPages: dictionaries of values that do not repeat are given up, in
// each row group anew, and pages stay small.
func TestParquetPages(t *testing.T) {
	shape := &schemas.Table{Columns: []schemas.Column{
		{Name: "unique", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
		{Name: "repeated", Type: schemas.Type{Kind: schemas.String}},
		{Name: "number", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}},
		{Name: "list", Type: schemas.Type{Kind: schemas.String, List: true}},
	}}
	rng := rand.New(rand.NewPCG(1, 2))
	const rows = 30_000
	values := make([][]any, rows)
	for i := range values {
		unique := fmt.Sprintf("%0400x", rng.Uint64())
		values[i] = []any{unique, strings.Repeat("r", 300) + fmt.Sprint(i%50), int64(rng.Uint64() >> 1), []any{unique, "x"}}
	}
	data := parquetFile(t, format.Format{RowGroupRows: rows / 2}, nil, shape, tableOf(shape, values))
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			plain, indexed := int32(0), int32(0)
			for _, s := range c.MetaData.EncodingStats {
				switch {
				case s.PageType == pqformat.DictionaryPage:
				case s.Encoding == pqformat.Plain:
					plain += s.Count
				default:
					indexed += s.Count
				}
			}
			name, repeats := c.MetaData.PathInSchema[0], c.MetaData.PathInSchema[0] == "repeated"
			if repeats && (plain > 0 || indexed < 4) || !repeats && name != "number" && (plain < 4 || indexed > 2) {
				t.Errorf("%s: %d plain pages, %d of a dictionary", name, plain, indexed)
			}
		}
	}
}

// TestBatchesAreNotKept: a writer lets go of a batch before Write returns, and
// of all memory in the end.
func TestBatchesAreNotKept(t *testing.T) {
	for _, f := range everyFormat() {
		shape := shapeFor(f)
		checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
		var b bytes.Buffer
		e, err := newEncoder(&b, f, &schemas.Table{Columns: shape.Columns}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			batch := nastyIn(checked, shape, i*50, 50)
			if err := e.Write(context.Background(), batch); err != nil {
				t.Fatal(err)
			}
			for _, a := range batch.Columns() {
				scribble(a)
			}
			batch.Release()
		}
		if err := e.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		checked.AssertSize(t, 0)
		var want bytes.Buffer
		writeTo(t, &want, f, &schemas.Table{Columns: shape.Columns}, nasty(shape, 0, 150))
		if !bytes.Equal(b.Bytes(), want.Bytes()) {
			t.Errorf("%s %s: the file changed with the batch's memory", f.Name, f.Compression)
		}
	}
}

// scribble overwrites the values of an array.
func scribble(a arrow.Array) {
	for _, b := range a.Data().Buffers() {
		if b != nil {
			for i := range b.Bytes() {
				b.Bytes()[i] = 0xAA
			}
		}
	}
	for _, c := range a.Data().Children() {
		for _, b := range c.Buffers() {
			if b != nil {
				clear(b.Bytes())
			}
		}
	}
}

// TestSortingColumns: the footer tells the order of the rows if they have one, in each row group, and verify compares it
// with the rows.
func TestSortingColumns(t *testing.T) {
	shape := &schemas.Table{Name: "t", Key: []string{"level", "id", "n"}, Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "level", Type: schemas.Type{Kind: schemas.String}},
		{Name: "n", Type: schemas.Type{Kind: schemas.Int32}},
	}}
	row := func(level string, id, n int) []any { return []any{int64(id), level, int32(n)} }
	for name, c := range map[string]struct {
		rows [][]any
		want []int32
	}{
		"by all":   {[][]any{row("A", 1, 1), row("A", 1, 2), row("A", 2, 0), row("B", 0, 0)}, []int32{1, 0, 2}},
		"by two":   {[][]any{row("A", 1, 2), row("A", 1, 1), row("A", 2, 0), row("B", 0, 0)}, []int32{1, 0}},
		"by none":  {[][]any{row("B", 1, 1), row("B", 1, 2), row("B", 2, 0), row("A", 0, 0)}, nil},
		"no rows":  {nil, nil},
		"last one": {[][]any{row("A", 1, 1), row("A", 2, 1), row("A", 3, 0), row("A", 1, 9)}, []int32{1}},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		batches := []arrow.RecordBatch{}
		for i := range c.rows {
			batches = append(batches, tableOf(shape, c.rows[i:i+1]))
		}
		publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "parquet", RowGroupRows: 3}}, FS: unsynced{}}, batches...)
		data, f := openParquet(t, filepath.Join(dir, "t.parquet"))
		for g, group := range f.Metadata().RowGroups {
			var got []int32
			for _, s := range group.SortingColumns {
				got = append(got, s.ColumnIdx)
				if s.Descending {
					t.Errorf("%s: descending", name)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, row group %d: %v, not %v", name, g, got, c.want)
			}
		}
		if found := kinds(t, dir); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if name == "last one" { // let the footer claim more
			overwrite(t, filepath.Join(dir, "t.parquet"), withSorting(t, data, f.Metadata(), 1, 0))
			if found := kinds(t, dir); !slices.Equal(found, []string{"t.parquet bytes", "t.parquet metadata"}) {
				t.Errorf("a footer that lies: %v", found)
			}
		}
	}
}

func openParquet(t *testing.T, name string) ([]byte, *parquet.File) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return data, f
}

// withSorting replaces the sorting columns in the footer of a file.
func withSorting(t *testing.T, data []byte, meta *pqformat.FileMetaData, columns ...int32) []byte {
	t.Helper()
	for g := range meta.RowGroups {
		meta.RowGroups[g].SortingColumns = nil
		for _, c := range columns {
			meta.RowGroups[g].SortingColumns = append(meta.RowGroups[g].SortingColumns, pqformat.SortingColumn{ColumnIdx: c})
		}
	}
	text, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	end := len(data) - 8
	data = append(data[:end-int(binary.LittleEndian.Uint32(data[end:]))], text...)
	return append(binary.LittleEndian.AppendUint32(data, uint32(len(text))), "PAR1"...)
}

// TestFooterStaysSmall: texts of megabytes do not reach the footer, whatever holds them.
func TestFooterStaysSmall(t *testing.T) {
	text := schemas.Type{Kind: schemas.String}
	shape := &schemas.Table{Name: "t", Key: []string{"key"}, Columns: []schemas.Column{
		{Name: "key", Type: text}, {Name: "plain", Type: text}, {Name: "nullable", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
		{Name: "list", Type: schemas.Type{Kind: schemas.String, List: true}}, {Name: "enum", Type: schemas.Type{Kind: schemas.Enum}},
	}}
	var rows [][]any
	for i := range 5 {
		long := strings.Repeat(string(rune('a'+i)), 1<<20) + strings.Repeat("é", i)
		rows = append(rows, []any{long, long, long, []any{long, "x"}, "same" + strings.Repeat("y", 1<<20)})
	}
	data := parquetFile(t, format.Format{}, nil, shape, tableOf(shape, rows))
	if size := binary.LittleEndian.Uint32(data[len(data)-8:]); size > 4000 {
		t.Errorf("a footer of %d bytes", size)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range f.Metadata().RowGroups[0].Columns {
		s := c.MetaData.Statistics
		if len(s.MinValue) != parquetio.BoundSize && i != 3 || len(s.MaxValue) == 0 || len(s.MaxValue) > parquetio.BoundSize || !utf8.Valid(s.MaxValue) {
			t.Errorf("column %d: %d bytes to %d bytes", i, len(s.MinValue), len(s.MaxValue))
		}
	}
}
