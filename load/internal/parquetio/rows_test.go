package parquetio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestRowsLikeArrow reads random tables, written by us and by arrow-go, and holds
// rows and digests against what was written and what arrow-go makes of the file.
func TestRowsLikeArrow(t *testing.T) {
	for seed := range uint64(oneIn(3, 60)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		shape := randomTable(rng)
		batch := tabletest.Nasty(shape, rng.IntN(50), 1+rng.IntN(900))
		var ours bytes.Buffer
		encode(t, &ours, format.Format{Name: "parquet", Compression: "zstd", RowGroupRows: 1 + rng.IntN(400)}, shape, batch)
		for writer, text := range map[string][]byte{"ours": ours.Bytes(), "arrow-go": arrowFile(t, rng, batch)} {
			plain, columns, err := Open(io.NewSectionReader(bytes.NewReader(text), 0, int64(len(text))))
			if err != nil {
				t.Fatal(err)
			}
			want := arrowColumns(t, text)
			for i, got := range rowColumns(t, plain, columns) {
				name := fmt.Sprintf("seed %d, %s, %s", seed, writer, columns[i])
				if !array.Equal(got, batch.Column(i)) {
					t.Errorf("%s: other rows than were written", name)
				}
				if !array.Equal(got, want[i]) {
					t.Errorf("%s: other rows than arrow-go reads", name)
				}
				sameDigests(t, name, plain, columns[i], batch.Column(i))
			}
		}
	}
}

// sameDigests checks the digest of each of a column's chunks.
func sameDigests(t *testing.T, name string, plain *file.Reader, c Column, meant arrow.Array) {
	t.Helper()
	from := int64(0)
	for g := range plain.NumRowGroups() {
		group := plain.RowGroup(g)
		part := array.NewSlice(meant, from, from+group.NumRows())
		defer part.Release()
		from += group.NumRows()
		d := digest.New(c.Type)
		if err := d.Add(part); err != nil {
			t.Fatal(err)
		}
		if read, err := sumChunk(context.Background(), group, c); err != nil || read != d.Sum() {
			t.Errorf("%s: another digest of row group %d: %v", name, g, err)
		}
	}
}

func randomTable(rng *rand.Rand) *schemas.Table {
	t := &schemas.Table{Name: "random"}
	kinds := []schemas.Kind{schemas.String, schemas.Int32, schemas.Int64, schemas.Float64, schemas.Bool, schemas.Timestamp, schemas.Date}
	for i := range 2 + rng.IntN(6) {
		typ := schemas.Type{Kind: kinds[rng.IntN(len(kinds))], Nullable: rng.IntN(2) == 0, List: rng.IntN(2) == 0}
		typ.ElementNullable = typ.List && rng.IntN(2) == 0
		if i == 0 { // nasty makes a key of it
			typ = schemas.Type{Kind: schemas.Int64}
		}
		t.Columns = append(t.Columns, schemas.Column{Name: fmt.Sprintf("c%d", i), Type: typ})
	}
	return t
}

// arrowFile is what arrow-go writes of a batch, in pages and row groups of some size.
func arrowFile(t testing.TB, rng *rand.Rand, batch arrow.RecordBatch) []byte {
	t.Helper()
	properties := parquet.NewWriterProperties(parquet.WithDictionaryDefault(rng.IntN(2) == 0), parquet.WithDataPageSize(int64(64+rng.IntN(4000))),
		parquet.WithBatchSize(int64(1+rng.IntN(100))), parquet.WithMaxRowGroupLength(int64(50+rng.IntN(500))),
		parquet.WithDataPageVersion([]parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}[rng.IntN(2)]),
		parquet.WithCompression([]compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd}[rng.IntN(3)]))
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &b, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(0); from < batch.NumRows(); {
		to := min(batch.NumRows(), from+1+rng.Int64N(300))
		part := batch.NewSlice(from, to)
		if err := w.WriteBuffered(part); err != nil {
			t.Fatal(err)
		}
		part.Release()
		from = to
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func arrowColumns(t *testing.T, text []byte) (all []arrow.Array) {
	t.Helper()
	table, err := pqarrow.ReadTable(context.Background(), bytes.NewReader(text), nil, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int(table.NumCols()) {
		a, err := array.Concatenate(table.Column(i).Data().Chunks(), memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func rowColumns(t *testing.T, r *file.Reader, columns []Column) (all []arrow.Array) {
	t.Helper()
	parts := make([][]arrow.Array, len(columns))
	err := ReadRows(context.Background(), r, columns, func(batch arrow.RecordBatch) error {
		for i, a := range batch.Columns() {
			a.Retain()
			parts[i] = append(parts[i], a)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		a, err := array.Concatenate(p, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// TestRowsOfSize: large values make small batches, and a row has its limit.
func TestRowsOfSize(t *testing.T) {
	shape := &schemas.Table{Columns: []schemas.Column{columnOf("id", schemas.Int64, false), columnOf("text", schemas.String, false), columnOf("list", schemas.String, true)}}
	var rows [][]any
	long := strings.Repeat("x", 1<<20)
	for i := range 30 {
		rows = append(rows, []any{int64(i), long, []any{long, nil}})
	}
	var b bytes.Buffer
	encode(t, &b, format.Format{Name: "parquet"}, shape, tabletest.TableOf(shape, rows))
	read := func() (n, most int64, err error) {
		plain, columns, err := Open(io.NewSectionReader(bytes.NewReader(b.Bytes()), 0, int64(b.Len())))
		if err != nil {
			t.Fatal(err)
		}
		err = ReadRows(context.Background(), plain, columns, func(batch arrow.RecordBatch) error {
			n += batch.NumRows()
			most = max(most, batch.NumRows())
			return nil
		})
		return n, most, err
	}
	if n, most, err := read(); err != nil || n != 30 || most > batchBytes>>20+1 {
		t.Errorf("%d rows, %d at once: %v", n, most, err)
	}
	defer func(n int) { maxRowBytes = n }(maxRowBytes)
	maxRowBytes = 1 << 19
	if _, _, err := read(); err == nil || !strings.Contains(err.Error(), "column text: a row of more than 524288 bytes") {
		t.Error(err)
	}
}

// TestRowsOfAnyLevels takes rows from levels as they may stand in a file: what makes
// no rows is an error.
func TestRowsOfAnyLevels(t *testing.T) {
	list, flat := nesting{list: true, empty: 1, value: 3}, nesting{value: 1}
	for _, c := range []struct {
		name                     string
		levels                   nesting
		definitions, repetitions []int16
		values                   int
		want                     string
	}{
		{"a value, a null", flat, []int16{1, 0, 1}, nil, 2, "0;null;1;"},
		{"every kind of list", list, []int16{0, 1, 2, 3, 3, 2, 3}, []int16{0, 0, 0, 0, 1, 1, 0}, 3, "null;[]0;[,null]1;[,0,1,null]3;[,2]1;"},
		{"no null list", nesting{list: true, value: 1}, []int16{0, 1, 1}, []int16{0, 0, 1}, 2, "[]0;[,0,1]2;"},
		{"a level too high", flat, []int16{2}, nil, 1, "invalid definition level 2"},
		{"a level too high in a list", list, []int16{4}, []int16{0}, 1, "invalid definition level 4"},
		{"a repetition too high", list, []int16{3, 3}, []int16{0, 2}, 2, "invalid repetition level 2"},
		{"a list begins in its middle", list, []int16{3}, []int16{1}, 1, "continues that did not begin"},
		{"a null goes on", list, []int16{0, 3}, []int16{0, 1}, 1, "continues that did not begin"},
		{"an empty list goes on", list, []int16{1, 3}, []int16{0, 1}, 1, "continues that did not begin"},
		{"an element is a null list", list, []int16{3, 0}, []int16{0, 1}, 1, "continues without an element"},
		{"an element is an empty list", list, []int16{3, 1}, []int16{0, 1}, 1, "continues without an element"},
		{"a value is missing", list, []int16{3, 3}, []int16{0, 1}, 1, "fewer values"},
		{"a value is missing in a page", flat, []int16{1, 1}, nil, 1, "fewer values"},
		{"no level", flat, nil, nil, 0, "ends early"},
	} {
		for _, size := range []int{1, 2, 100} { // levels of a page
			got, format := strings.Builder{}, "%d;"
			if c.levels.list {
				format = ",%d"
			}
			to := rowLog{&got}
			add := func(v int32) int { fmt.Fprintf(&got, format, v); return 0 }
			var elements values.Receiver = to
			if c.levels.list {
				elements = elementLog{to}
			}
			from := newLevelReader(c.levels, to, elements, add)
			from.chunk = &pagesOf{definitions: c.definitions, repetitions: c.repetitions, values: c.values, size: size, most: c.levels.value, begun: c.definitions == nil}
			var err error
			for rows := 1; rows > 0 && err == nil; {
				rows, err = from.read(context.Background(), readLimits{1, 1 << 20, 1 << 20})
			}
			if text := got.String(); err == nil && text != c.want {
				t.Errorf("%s, %d a page: %s, want %s", c.name, size, text, c.want)
			} else if err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %d a page: %v, want %s", c.name, size, err, c.want)
			}
		}
	}
}

// rowLog writes down the rows of a column.
type rowLog struct{ *strings.Builder }

func (l rowLog) AddNull()         { l.WriteString("null;") }
func (l rowLog) BeginList()       { l.WriteString("[") }
func (l rowLog) EndList(n uint32) { fmt.Fprintf(l, "]%d;", n) }
func (l rowLog) AddText([]byte)   {}
func (l rowLog) Add4(uint32)      {}
func (l rowLog) Add8(uint64)      {}
func (l rowLog) AddBool(bool)     {}

// elementLog writes down the nulls in lists.
type elementLog struct{ rowLog }

func (l elementLog) AddNull() { l.WriteString(",null") }

// pagesOf is a column chunk made of levels; its values count up.
type pagesOf struct {
	definitions, repetitions []int16
	values, given, size      int
	most                     int16
	begun                    bool // a page without a level
}

func (p *pagesOf) HasNext() bool { return len(p.definitions) > 0 || p.begun }
func (p *pagesOf) Err() error    { return nil }

func (p *pagesOf) ReadBatchInPage(_ int64, values []int32, definitions, repetitions []int16) (int64, int, error) {
	n, read := min(p.size, len(p.definitions)), 0
	for _, d := range p.definitions[:n] {
		if d == p.most && p.given < p.values {
			values[read] = int32(p.given)
			read, p.given = read+1, p.given+1
		}
	}
	copy(definitions, p.definitions[:n])
	p.definitions = p.definitions[n:]
	if repetitions != nil {
		copy(repetitions, p.repetitions[:n])
		p.repetitions = p.repetitions[n:]
	}
	return int64(n), read, nil
}
