package transform

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// keys reads response keys as the tests write them: therapies[].name.
func keys(path string) []schemas.Key {
	if path == "" {
		return nil
	}
	var ks []schemas.Key
	for part := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(part, "[]")
		ks = append(ks, schemas.Key{Name: name, List: list})
	}
	return ks
}

var (
	nullInt    = schemas.Type{Kind: schemas.Int64, Nullable: true}
	nullString = schemas.Type{Kind: schemas.String, Nullable: true}
	nullFloat  = schemas.Type{Kind: schemas.Float64, Nullable: true}
	nullBool   = schemas.Type{Kind: schemas.Bool, Nullable: true}
	listString = schemas.Type{Kind: schemas.String, List: true, Nullable: true, ElementNullable: true}
	listInt    = schemas.Type{Kind: schemas.Int64, List: true, Nullable: true, ElementNullable: true}
)

func col(name, path string, t schemas.Type, wire schemas.Kind) Column {
	return Column{Name: name, Keys: keys(path), Type: t, Wire: wire}
}

func str(name, path string) Column  { return col(name, path, nullString, schemas.String) }
func num(name, path string) Column  { return col(name, path, nullInt, schemas.Int64) }
func strs(name, path string) Column { return col(name, path, listString, schemas.String) }
func calc(name, src string, t schemas.Type) Column {
	return Column{Name: name, Type: t, Expr: src}
}

func mode(c Column, m schemas.ListMode, t schemas.Type) Column {
	c.Mode, c.Type, c.Separator = m, t, "; "
	return c
}

// page wraps records as the API does.
func page(records ...string) []byte {
	return fmt.Appendf(nil, `{"data":{"things":{"totalCount":%d,"pageInfo":{"hasNextPage":true,"endCursor":"Mg"},"nodes":[%s]}}}`,
		len(records), strings.Join(records, ","))
}

// sink collects the rows of batches, one JSON array a row, and releases the batches.
type sink struct {
	rows    [][]string
	batches int
}

func (s *sink) emit(t int, b arrow.RecordBatch) error {
	defer b.Release()
	for len(s.rows) <= t {
		s.rows = append(s.rows, nil)
	}
	s.batches++
	for row := range int(b.NumRows()) {
		s.rows[t] = append(s.rows[t], rowText(b, row))
	}
	return nil
}

func (s *sink) table(t int) []string {
	if t >= len(s.rows) {
		return nil
	}
	return s.rows[t]
}

func rowText(b arrow.RecordBatch, row int) string {
	values := make([]any, b.NumCols())
	for i, c := range b.Columns() {
		values[i] = arrowValue(c, row)
	}
	return jsonText(values)
}

func jsonText(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func arrowValue(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.List:
		from, to := a.ValueOffsets(i)
		list := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			list = append(list, arrowValue(a.ListValues(), int(j)))
		}
		return list
	case *array.String:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).Format("2006-01-02T15:04:05.999999Z")
	case *array.Date32:
		return a.Value(i).ToTime().Format("2006-01-02")
	}
	return fmt.Sprintf("?%T", a)
}

// decoder compiles, and at the test's end checks that all memory was given back.
func decoder(t testing.TB, o Options) *Decoder {
	t.Helper()
	checked := memory.NewCheckedAllocator(memory.NewGoAllocator())
	o.Allocator = checked
	if o.Connection == "" {
		o.Connection = "things"
	}
	d, err := Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		checked.AssertSize(t, 0)
	})
	return d
}

// decode decodes pages and flushes.
func decode(t testing.TB, o Options, pages ...[]byte) (*sink, []Result) {
	t.Helper()
	d, s := decoder(t, o), &sink{}
	var results []Result
	for _, p := range pages {
		r, err := d.Decode(p, s.emit)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	if err := d.Flush(s.emit); err != nil {
		t.Fatal(err)
	}
	return s, results
}

func diff(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("row %d:\n got %s\nwant %s", i, g, w)
		}
	}
}
