package transform

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// shape is a random type of the API: a scalar or an object, perhaps in a list.
type shape struct {
	name   string
	list   bool
	kind   schemas.Kind
	fields []*shape
}

func randomShape(r *rand.Rand, name string, depth int) *shape {
	s := &shape{name: name, list: r.IntN(3) == 0}
	if depth == 0 || depth < 4 && r.IntN(3) == 0 {
		s.kind = []schemas.Kind{schemas.Int64, schemas.Float64, schemas.Bool, schemas.String, schemas.String}[r.IntN(5)]
		return s
	}
	for i := range 1 + r.IntN(4) {
		s.fields = append(s.fields, randomShape(r, string(rune('a'+i)), depth-1))
	}
	return s
}

// path is a random way to a scalar below s.
func (s *shape) path(r *rand.Rand) (keys []schemas.Key, leaf *shape) {
	for s.fields != nil {
		s = s.fields[r.IntN(len(s.fields))]
		keys = append(keys, schemas.Key{Name: s.name, List: s.list})
	}
	return keys, s
}

// write writes a random value of the shape: sometimes null, seldom of another kind, keys in any order or
// missing, and unknown ones between them.
func (s *shape) write(r *rand.Rand, out *strings.Builder) {
	if r.IntN(12) == 0 {
		out.WriteString("null")
		return
	}
	if !s.list {
		s.one(r, out)
		return
	}
	if r.IntN(150) == 0 {
		out.WriteString(`{"a":[]}`)
		return
	}
	out.WriteByte('[')
	for i := range r.IntN(4) {
		if i > 0 {
			out.WriteByte(',')
		}
		if r.IntN(10) == 0 {
			out.WriteString(" null")
			continue
		}
		s.one(r, out)
	}
	out.WriteByte(']')
}

func (s *shape) one(r *rand.Rand, out *strings.Builder) {
	if r.IntN(150) == 0 {
		out.WriteString([]string{`1`, `"x"`, `true`, `{"a":1}`, `[]`, `[{"a":null}]`, `1.5`}[r.IntN(7)])
		return
	}
	switch {
	case s.fields != nil:
		s.object(r, out)
	case s.kind == schemas.Int64:
		out.WriteString([]string{`0`, `-7`, `12`, `9007199254740993`, `3.0`, `5e1`, `-9223372036854775808`}[r.IntN(7)])
	case s.kind == schemas.Float64:
		out.WriteString([]string{`0`, `-7.25`, `1e3`, `0.1`, `123456`, `1E-7`}[r.IntN(6)])
	case s.kind == schemas.Bool:
		out.WriteString([]string{`true`, `false`}[r.IntN(2)])
	default:
		out.WriteString([]string{`""`, `"a"`, `"tab\t\u00e9"`, `"naïve, 12345678 long enough"`, `"\"\\\""`, `"😀"`}[r.IntN(6)])
	}
}

func (s *shape) object(r *rand.Rand, out *strings.Builder) {
	fields := slices.Clone(s.fields)
	if r.IntN(3) == 0 {
		r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	out.WriteByte('{')
	comma := ""
	for i, f := range fields {
		if r.IntN(15) == 0 {
			continue
		}
		if r.IntN(15) == 0 {
			fmt.Fprintf(out, `%s"x%d" : [{"a":1},"b",{}]`, comma, i)
			comma = ","
		}
		name := f.name
		if r.IntN(20) == 0 {
			name = fmt.Sprintf(`\u%04x`, name[0])
		}
		fmt.Fprintf(out, `%s"%s":%s`, comma, name, []string{"", " ", "\n\t"}[r.IntN(3)])
		f.write(r, out)
		comma = ","
	}
	out.WriteByte('}')
}

// table is a random table over the shape.
func (s *shape) table(r *rand.Rand, name string) Table {
	t := Table{Name: name}
	if way, _ := s.path(r); r.IntN(2) == 0 && slices.ContainsFunc(way, func(k schemas.Key) bool { return k.List }) {
		end := len(way)
		for !way[end-1].List {
			end--
		}
		t.Rows, t.Outer = way[:end], r.IntN(2) == 0
	}
	for i := range 1 + r.IntN(8) {
		way, leaf := s.path(r)
		t.Columns = append(t.Columns, t.randomColumn(r, fmt.Sprint("c", i), way, leaf.kind))
	}
	return t
}

func (t *Table) randomColumn(r *rand.Rand, name string, way []schemas.Key, wire schemas.Kind) Column {
	from, under := 0, false
	for i := range way {
		if i >= len(t.Rows) || way[i] != t.Rows[i] {
			break
		}
		if way[i].List {
			from, under = i+1, true
		}
	}
	c := Column{Name: name, Keys: way, Wire: wire, Separator: ", "}
	c.Type = schemas.Type{Kind: wire, Nullable: t.Outer && under || r.IntN(12) > 0, ElementNullable: r.IntN(8) > 0}
	if r.IntN(4) == 0 {
		c.Type.Kind = schemas.String
	}
	if !slices.ContainsFunc(way[from:], func(k schemas.Key) bool { return k.List }) {
		return c
	}
	c.Mode = []schemas.ListMode{schemas.Keep, schemas.Keep, schemas.Join, schemas.AsJSON, schemas.First, schemas.Count, schemas.Distinct}[r.IntN(7)]
	lists := 0
	for _, k := range way[from:] {
		if k.List {
			lists++
		}
	}
	if lists > 1 && r.IntN(3) == 0 {
		c.Mode = schemas.JoinInner
	}
	switch c.Mode {
	case schemas.JoinInner:
		c.Type.Kind, c.Type.List = schemas.String, true
	case schemas.Keep, schemas.Distinct:
		c.Type.List = true
	case schemas.Join, schemas.AsJSON:
		c.Type.Kind = schemas.String
	case schemas.Count:
		c.Type.Kind = schemas.Int64
	}
	return c
}

// TestDifferential flattens random documents of random types into random tables, and
// compares with the reference.
func TestDifferential(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	kept, refused := 0, 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		root := randomShape(r, "", 4)
		root.list = false
		tables := []Table{root.table(r, "one"), root.table(r, "two")}
		records := make([]string, r.IntN(30))
		for i := range records {
			var out strings.Builder
			root.write(r, &out)
			records[i] = out.String()
		}
		k, n := compare(t, tables, page(records...))
		kept, refused = kept+k, refused+n
		if t.Failed() {
			t.Fatalf("seed %d\ntables %+v\nrecords\n%s", seed, tables, strings.Join(records, "\n"))
		}
	}
	if kept < rounds || refused < rounds/10 {
		t.Errorf("only %d rows and %d rejects: the test does not test much", kept, refused)
	}
}

// compare decodes a sound page with both and gives how many rows and rejects there were.
func compare(t *testing.T, tables []Table, body []byte) (rows, rejects int) {
	t.Helper()
	want, rejected, err := refDecode(tables, body)
	if err != nil {
		t.Fatal(err)
	}
	s, results := decode(t, Options{Tables: tables}, body)
	for i := range tables {
		diff(t, s.table(i), want[i])
		rows += len(want[i])
	}
	if len(results[0].Rejects) != len(rejected) {
		t.Errorf("%d rejects, want those of records %v: %+v", len(results[0].Rejects), rejected, results[0].Rejects)
	}
	return rows, len(rejected)
}

// FuzzDecode takes any body: no panic, no row of a refused page, and the rows of the reference
// from one that is taken.
func FuzzDecode(f *testing.F) {
	f.Add(page(`{"id":1,"s":"a","l":[{"n":"x"},null],"f":1.5,"b":true}`, `{"id":2}`))
	f.Add(page(`{"l":[{"n":"x","m":[1,2]}],"o":{"s":null}}`, `null`))
	f.Add([]byte(`{"data":{"things":{"nodes":[]}},"errors":[]}`))
	for _, c := range damaged(f)[:20] {
		f.Add(page(`{"id":` + c.value + `}`))
	}
	tables := []Table{
		{Name: "a", Columns: []Column{num("id", "id"), str("s", "s"), strs("n", "l[].n"), col("f", "f", nullFloat, schemas.Float64), col("b", "b", nullBool, schemas.Bool), str("os", "o.s")}},
		{Name: "b", Rows: keys("l[]"), Columns: []Column{num("id", "id"), str("n", "l[].n"), mode(col("m", "l[].m[]", listInt, schemas.Int64), schemas.Distinct, listInt)}},
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, s := decoder(t, Options{Tables: tables}), &sink{}
		_, err := d.Decode(body, s.emit)
		if ferr := d.Flush(s.emit); ferr != nil {
			t.Fatal(ferr)
		}
		if err != nil {
			var refused *PageError
			if !errors.As(err, &refused) || len(s.table(0))+len(s.table(1)) > 0 {
				t.Fatalf("%v, and rows %v", err, s.rows)
			}
			return
		}
		compare(t, tables, body)
	})
}
