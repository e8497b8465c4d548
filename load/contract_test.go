package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// everyKind is a table with each kind of column, plain, nullable and as lists.
func everyKind() *schemas.Table {
	t := &schemas.Table{Name: "every_kind", Key: []string{"z_id"}}
	add := func(name string, typ schemas.Type) {
		t.Columns = append(t.Columns, schemas.Column{Name: name, Type: typ})
	}
	add("z_id", schemas.Type{Kind: schemas.Int64}) // not in the order of names
	for _, k := range []schemas.Kind{schemas.String, schemas.Enum, schemas.JSON, schemas.Int32, schemas.Int64, schemas.Float64, schemas.Bool, schemas.Timestamp, schemas.Date} {
		name := fmt.Sprintf("k%d", k)
		add(name, schemas.Type{Kind: k})
		add(name+"_null", schemas.Type{Kind: k, Nullable: true})
		add(name+"_list", schemas.Type{Kind: k, List: true})
		add(name+"_list_null", schemas.Type{Kind: k, List: true, Nullable: true, ElementNullable: true})
		add(name+"_elem_null", schemas.Type{Kind: k, List: true, ElementNullable: true})
	}
	return t
}

var nastyTexts = []string{
	"", " ", "plain", " lead and trail ", "tab\tin", "line\nfeed", "carriage\rreturn", "crlf\r\n", `"`, `""`, `say "hi"`, `back\slash`, `\`, `\n`,
	"NA", "null", "NULL", `\N`, "nul\x00byte", "\x01\x1f\x7f", "\ufeffbom", "naïve — “quoted” … ≥ 5 µg", "日本語", "😀🧬", "e\u0301", "\u2028\u2029\u0085",
	"a,b;c|d", "=1+1", "0001", "1e5", "2015-06-21", "true", "\u00a0nbsp\u3000wide ", strings.Repeat("long ", 5000), "__HIVE_DEFAULT_PARTITION__", "a/b", "../../etc/passwd", ".", "..", "%2F", "a=b", "{x}", "[x]", "it's", "#hash", "\ufffd",
}

// nastyValue is the i-th value of a kind, edge cases first.
func nastyValue(k schemas.Kind, i int) any {
	pick := func(n int) int { return i % n }
	switch k {
	case schemas.Int32:
		return []int32{0, 1, -1, math.MaxInt32, math.MinInt32}[pick(5)]
	case schemas.Int64:
		return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53 + 1}[pick(6)]
	case schemas.Float64:
		return []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e21, 1e-7, 5e-324, math.MaxFloat64, 1 << 53, 123456.789}[pick(11)]
	case schemas.Bool:
		return i%2 == 0
	case schemas.Timestamp:
		return []arrow.Timestamp{0, 1, -1, 1434844800_000000, 1434844800_123456, 1434844800_500000, -62167219200_000000, 253402300799_999999}[pick(8)]
	case schemas.Date:
		return []arrow.Date32{0, -1, 16607, -719528, 2932896}[pick(5)]
	case schemas.JSON:
		return []string{`{"a":[1,null,"\n"]}`, "null", "[]", `"text"`, "12"}[pick(5)]
	case schemas.Enum:
		return []string{"A", "B", "SENSITIVITYRESPONSE"}[pick(3)]
	}
	return nastyTexts[pick(len(nastyTexts))]
}

// nasty makes rows [from, from+n) of a table.
func nasty(t *schemas.Table, from, n int) arrow.RecordBatch {
	return nastyIn(memory.DefaultAllocator, t, from, n)
}

func nastyIn(mem memory.Allocator, t *schemas.Table, from, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(mem, t.Arrow())
	defer b.Release()
	for row := from; row < from+n; row++ {
		for i, c := range t.Columns {
			put(b.Field(i), nastyCell(c.Type, row, i))
		}
	}
	return b.NewRecordBatch()
}

func nastyCell(typ schemas.Type, row, column int) any {
	i := row + column*row%7
	if column == 0 {
		return int64(row)
	}
	if typ.Nullable && i%5 == 3 {
		return nil
	}
	if !typ.List {
		return nastyValue(typ.Kind, i)
	}
	out := make([]any, i%4)
	for j := range out {
		if out[j] = nastyValue(typ.Kind, i+j); typ.ElementNullable && (i+j)%3 == 1 {
			out[j] = nil
		}
	}
	return out
}

// everyFormat lists each format with each compression.
func everyFormat() []Format {
	var all []Format
	for _, name := range FormatNames() {
		for _, c := range format.Compressions(name) {
			all = append(all, Format{Name: name, Compression: c})
		}
	}
	return append(all, Format{Name: "tsv", Null: "NA"}, Format{Name: "tsv", Squish: true}, Format{Name: "parquet", RowGroupRows: 37})
}

// publish writes batches of one table and publishes them.
func publish(t testing.TB, o Options, batches ...arrow.RecordBatch) []TableResult {
	t.Helper()
	out, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	for _, b := range batches {
		if err := out.Write(context.Background(), 0, b); err != nil {
			t.Fatal(err)
		}
	}
	results, err := out.Close(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Publish(&Manifest{RunID: "test"}); err != nil {
		t.Fatal(err)
	}
	return results
}

// TestContract holds every writer to the same promises. That the files hold
// what was written is checked by Close itself, with other decoders.
func TestContract(t *testing.T) {
	defer goleak.VerifyNone(t)
	shape := everyKind()
	for _, f := range everyFormat() {
		t.Run(fmt.Sprintf("%s %s null=%s squish=%v rows=%d", f.Name, f.Compression, f.Null, f.Squish, f.RowGroupRows), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			options := Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []Format{f}, Metadata: map[string]string{"civic-etl.spec": "name: x", "civic-etl.version": "1"}}
			results := publish(t, options, nasty(shape, 0, 100), nasty(shape, 100, 1), nasty(shape, 101, 0), nasty(shape, 101, 99))
			if results[0].Rows != 200 || len(results[0].Files) != 1 || results[0].Files[0].Rows != 200 {
				t.Fatalf("results: %+v", results)
			}
			name := filepath.Join(dir, "every_kind"+f.Extension())
			first, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}

			// The same rows in other batches give the same bytes.
			publish(t, options, nasty(shape, 0, 3), nasty(shape, 3, 150), nasty(shape, 153, 47))
			second, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Errorf("files differ with the size of batches: %d and %d bytes", len(first), len(second))
			}

			// A table without rows is a valid file.
			if r := publish(t, options); r[0].Files[0].Rows != 0 {
				t.Errorf("empty table: %+v", r)
			}
			if info, err := os.Stat(name); err != nil || info.Size() == 0 && f.Name != "ndjson" {
				t.Errorf("empty table: %v %v", info, err)
			}
		})
	}
}

// TestContractFailures holds every writer to passing on what its file says.
func TestContractFailures(t *testing.T) {
	shape := everyKind()
	batch := nasty(shape, 0, 50)
	defer batch.Release()
	for _, f := range everyFormat() {
		var whole bytes.Buffer
		writeTo(t, &whole, f, shape, batch)
		for limit := 0; limit < whole.Len(); limit += 1 + whole.Len()/oneIn(5, 50) {
			e, err := (&layout{format: f, columns: shape.Columns, key: shape.Key, narrow: 1}).encoder(&limited{n: limit})
			if err == nil {
				err = e.Write(context.Background(), batch)
			}
			if err == nil {
				err = e.Close(context.Background())
			}
			if err == nil {
				t.Errorf("%s %s: no error though only %d of %d bytes were taken", f.Name, f.Compression, limit, whole.Len())
			}
		}
	}
}

func writeTo(t *testing.T, w io.Writer, f Format, shape *schemas.Table, batches ...arrow.RecordBatch) {
	t.Helper()
	e, err := (&layout{format: f, columns: shape.Columns, key: shape.Key, narrow: 1}).encoder(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := e.Write(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// limited takes n bytes and no more.
type limited struct{ n int }

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.n {
		return l.n, io.ErrShortWrite
	}
	l.n -= len(p)
	return len(p), nil
}
