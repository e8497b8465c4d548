package transform

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestValues converts one value from a wire kind to a column's; an empty want is a reject.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		wire, to    schemas.Kind
		value, want string
	}{
		{schemas.Int64, schemas.Int64, `9223372036854775807`, `9223372036854775807`},
		{schemas.Int64, schemas.Int64, `-9223372036854775808`, `-9223372036854775808`},
		{schemas.Int64, schemas.Int64, `9223372036854775808`, ``},
		{schemas.Int64, schemas.Int64, `-0`, `0`},
		{schemas.Int64, schemas.Int64, `3.5`, ``},
		{schemas.Int64, schemas.Int64, `3.0`, `3`},
		{schemas.Int64, schemas.Int64, `2e3`, `2000`},
		{schemas.Int64, schemas.Int64, `1e300`, ``},
		{schemas.Int64, schemas.Int64, `1e-400`, `0`},
		{schemas.Int64, schemas.Int64, `"3"`, ``},
		{schemas.Int64, schemas.Int64, `true`, ``},
		{schemas.Int64, schemas.Int64, `[3]`, ``},
		{schemas.Int64, schemas.Int64, `{"a":3}`, ``},
		{schemas.Int64, schemas.Int32, `2147483647`, `2147483647`},
		{schemas.Int64, schemas.Int32, `-2147483648`, `-2147483648`},
		{schemas.Int64, schemas.Int32, `2147483648`, ``},
		{schemas.Int64, schemas.Int32, `-2147483649`, ``},
		{schemas.Int64, schemas.Float64, `9007199254740992`, `9007199254740992`},
		{schemas.Int64, schemas.Float64, `9007199254740993`, ``},
		{schemas.Int64, schemas.Float64, `9223372036854775807`, ``},
		{schemas.Int64, schemas.String, `12`, `"12"`},
		{schemas.Float64, schemas.Float64, `0.1`, `0.1`},
		{schemas.Float64, schemas.Float64, `1e999`, ``},
		{schemas.Float64, schemas.Float64, `100000000000000000000`, `100000000000000000000`},
		{schemas.Float64, schemas.String, `1.50`, `"1.50"`},
		{schemas.Float64, schemas.String, `-0.0`, `"0.0"`},
		{schemas.Float64, schemas.String, `-0e5`, `"0e5"`},
		{schemas.Float64, schemas.String, `-0.05`, `"-0.05"`},
		{schemas.Float64, schemas.Float64, `-0.0`, `0`},
		{schemas.Float64, schemas.Int64, `7.0`, `7`},
		{schemas.Bool, schemas.Bool, `false`, `false`},
		{schemas.Bool, schemas.Bool, `1`, ``},
		{schemas.Bool, schemas.String, `true`, `"true"`},
		{schemas.String, schemas.Bool, `"true"`, `true`},
		{schemas.String, schemas.Bool, `"True"`, ``},
		{schemas.String, schemas.String, `1`, ``},
		{schemas.String, schemas.String, `["a"]`, ``},
		{schemas.String, schemas.Int64, `"12"`, `12`},
		{schemas.String, schemas.Int64, `"0012"`, ``},
		{schemas.String, schemas.Int64, `" 12"`, ``},
		{schemas.String, schemas.Int64, `""`, ``},
		{schemas.String, schemas.Int64, `"-"`, ``},
		{schemas.String, schemas.Int64, `"12x"`, ``},
		{schemas.String, schemas.Float64, `"1.5e1"`, `15`},
		{schemas.String, schemas.Float64, `"inf"`, ``},
		{schemas.String, schemas.Float64, `"0x1p3"`, ``},
		{schemas.String, schemas.Date, `"2024-02-29"`, `"2024-02-29"`},
		{schemas.String, schemas.Date, `"2023-02-29"`, ``},
		{schemas.String, schemas.Date, `"1900-02-29"`, ``},
		{schemas.String, schemas.Date, `"2000-02-29"`, `"2000-02-29"`},
		{schemas.String, schemas.Date, `"1969-12-31"`, `"1969-12-31"`},
		{schemas.String, schemas.Date, `"2024-13-01"`, ``},
		{schemas.String, schemas.Date, `"2024-01-00"`, ``},
		{schemas.String, schemas.Date, `"2024-1-01"`, ``},
		{schemas.String, schemas.Date, `"2024-04-31"`, ``},
		{schemas.Timestamp, schemas.Date, `"1969-12-31T23:30:00Z"`, `"1969-12-31"`},
		{schemas.Timestamp, schemas.Date, `"2024-01-01T00:30:00+01:00"`, `"2023-12-31"`},
		{schemas.Date, schemas.Timestamp, `"2024-01-02"`, `"2024-01-02T00:00:00Z"`},
		{schemas.Date, schemas.Timestamp, `"2024-01-02T00:00:00Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26Z"`, `"2015-06-21T16:05:26Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26.5+02:00"`, `"2015-06-21T14:05:26.5Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26.123456-00:30"`, `"2015-06-21T16:35:26.123456Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26.123456000Z"`, `"2015-06-21T16:05:26.123456Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26.1234567Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"9999-12-31T23:59:59Z"`, `"9999-12-31T23:59:59Z"`},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21 16:05:26Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26.Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T16:05:26+24:00"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T24:00:00Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `"2015-06-21T23:59:60Z"`, ``},
		{schemas.Timestamp, schemas.Timestamp, `1434902726`, ``},
		{schemas.Timestamp, schemas.String, `"2015-06-21T16:05:26Z"`, `"2015-06-21T16:05:26Z"`},
		{schemas.String, schemas.JSON, `"a\u0041"`, `"\"a\\u0041\""`},
		{schemas.JSON, schemas.String, `{ "b": 1 }`, `"{\"b\":1}"`},
		{schemas.JSON, schemas.Int64, `"5"`, `5`},
		{schemas.JSON, schemas.Int64, `[5]`, ``},
		{schemas.JSON, schemas.Bool, `true`, `true`},
		{schemas.Enum, schemas.Enum, `"NEW_CODE"`, `"NEW_CODE"`},
		{schemas.Enum, schemas.Enum, `5`, ``},
	} {
		t.Run(fmt.Sprintf("%s as %s to %s", c.value, c.wire, c.to), func(t *testing.T) {
			table := Table{Name: "t", Columns: []Column{col("v", "v", schemas.Type{Kind: c.to, Nullable: true}, c.wire)}}
			s, r := decode(t, Options{Tables: []Table{table}}, page(`{"v":`+c.value+`}`, `{"v":null}`))
			want := []string{"[" + c.want + "]", "[null]"}
			if c.want == "" {
				want = want[1:]
			}
			diff(t, s.table(0), want)
			if (len(r[0].Rejects) == 1) != (c.want == "") {
				t.Errorf("rejects %+v", r[0].Rejects)
			}
		})
	}
}

func TestRejects(t *testing.T) {
	required := schemas.Type{Kind: schemas.String}
	elements := schemas.Type{Kind: schemas.String, List: true}
	two := []Table{
		{Name: "main", Columns: []Column{num("id", "id"), num("rating", "o.rating"), col("must", "must", required, schemas.String), col("tags", "tags[]", elements, schemas.String), num("late", "late")}},
		{Name: "parts", Rows: keys("a[].b[]"), Columns: []Column{num("id", "id"), num("n", "a[].b[].n"), str("x", "a[].x")}},
	}
	sound := `"must":"m","tags":["t"],"o":{"rating":1},"a":[{"x":"p","b":[{"n":1},{"n":2}]}]`
	for _, c := range []struct{ name, record, want string }{
		{"string for integer", `{"id":2,"must":"m","tags":[],"o":{"rating":"5"}}`, `main: column rating: want a number, the value is "5" at o.rating`},
		{"fraction", `{"id":2,"must":"m","tags":[],"o":{"rating":2.5}}`, `main: column rating: 2.5 does not fit an int64 at o.rating`},
		{"null in a required column", `{"id":2,"must":null,"tags":[]}`, `main: column must: null, and the column is not nullable at must`},
		{"required key missing", `{"id":2,"tags":[]}`, `main: column must: null, and the column is not nullable at must`},
		{"required list null", `{"id":2,"must":"m","tags":null}`, `main: column tags: null, and the column is not nullable at tags`},
		{"null element", `{"id":2,"must":"m","tags":["a",null]}`, `main: column tags: null, and the column is not nullable at tags[1]`},
		{"object for scalar", `{"id":2,"must":{"a":1},"tags":[]}`, `main: column must: want a string, the value is {"a":1} at must`},
		{"scalar for object", `{"id":2,"must":"m","tags":[],"o":5}`, `main: column rating: want an object, the value is 5 at o`},
		{"list for object", `{"id":2,"must":"m","tags":[],"o":[]}`, `main: column rating: want an object, the value is [] at o`},
		{"object for list", `{"id":2,"must":"m","tags":{}}`, `main: column tags: want a list, the value is {} at tags`},
		{"list in list", `{"id":2,"must":"m","tags":[["a"]]}`, `main: column tags: want a string, the value is ["a"] at tags[0]`},
		{"in a second table, behind its rows", `{"id":2,` + strings.Replace(sound, `{"n":2}`, `{"n":2},{"n":true}`, 1) + `}`, `parts: column n: want a number, the value is true at a[0].b[2].n`},
		{"scalar among elements", `{"id":2,` + strings.Replace(sound, `{"n":2}`, `7`, 1) + `}`, `parts: column n: want an object, the value is 7 at a[0].b[1]`},
		{"staged", `{"id":2,` + strings.Replace(sound, `"p"`, `1`, 1) + `}`, `parts: column x: want a string, the value is 1 at a[0].x`},
		{"last", `{"id":2,` + sound + `,"late":1e99}`, `main: column late: 1e99 does not fit an int64 at late`},
		{"long value", `{"id":2,` + sound + `,"late":"` + strings.Repeat("é", 90) + `"}`, `main: column late: want a number, the value is "` + strings.Repeat("é", 29) + `… at late`},
		{"null record", `null`, `main: the server gave null for this record at `},
		{"number for record", `7`, `main: column id: want an object, the value is 7 at `},
		{"two faults", `{"id":2,"must":1,"tags":2}`, `main: column must: want a string, the value is 1 at must`},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := `{"id":1,`+sound+`}`, `{"id":3,`+sound+`}`
			s, results := decode(t, Options{Tables: two}, page(before, c.record, after))
			diff(t, s.table(0), []string{`[1,1,"m",["t"],null]`, `[3,1,"m",["t"],null]`})
			diff(t, s.table(1), []string{`[1,1,"p"]`, `[1,2,"p"]`, `[3,1,"p"]`, `[3,2,"p"]`})
			if len(results[0].Rejects) != 1 || results[0].Records != 3 {
				t.Fatalf("%+v", results[0])
			}
			r := results[0].Rejects[0]
			if got := r.Table + ": " + r.Reason + " at " + r.Path; got != c.want || string(r.Record) != c.record {
				t.Errorf("\n got %s of %s\nwant %s", got, r.Record, c.want)
			}
		})
	}
}

// TestRejectOwnsItsRecord looks at a reject after the page's memory is used again.
func TestRejectOwnsItsRecord(t *testing.T) {
	body := page(`{ "v" : "x" ,"w":[1, 2]}`)
	_, r := decode(t, Options{Tables: []Table{{Columns: []Column{num("v", "v")}}}}, body)
	clear(body)
	if got := string(r[0].Rejects[0].Record); got != `{"v":"x","w":[1,2]}` {
		t.Errorf("record %s", got)
	}
}

func TestDuplicates(t *testing.T) {
	table := Table{Name: "t", Columns: []Column{num("id", "o.id"), num("v", "v")}, Filter: "v != 9"}
	o := Options{ID: keys("o.id"), Tables: []Table{table}, Known: func(id int64) bool { return id >= 100 }}
	s, r := decode(t, o, page(
		`{"o":{"id":3},"v":1}`, `{"v":2,"o":{"id":100}}`, `{"v":3,"o":{"id":3}}`, `{"v":"bad","o":{"id":4}}`, `{"v":"bad","o":{"id":4}}`,
		`{"v":9,"o":{"id":5}}`, `{"v":"bad","o":{"id":101}}`, `{"v":4,"o":{"id":1}}`,
	), page(`{"o":{"id":3},"v":5}`, `{"o":{"id":null},"v":6}`, `{"v":6}`, `{"o":{"id":1.5},"v":6}`, `{"o":{"id":"7"},"v":6}`))
	diff(t, s.table(0), []string{`[3,1]`, `[1,4]`, `[3,5]`})
	if got := fmt.Sprint(r[0].IDs, r[0].Records, r[0].Duplicates, r[0].Filtered, len(r[0].Rejects)); got != "[3 4 5 1] 8 4 1 1" {
		t.Errorf("first page: %s", got)
	}
	if got := fmt.Sprint(r[1].IDs, r[1].Duplicates, len(r[1].Rejects)); got != "[3] 0 4" {
		t.Errorf("second page: %s", got)
	}
	for i, want := range []string{"the record has no integer id", "the record has no integer id", `column id: 1.5 does not fit an int64`, `column id: want a number, the value is "7"`} {
		if got := r[1].Rejects[i].Reason; got != want {
			t.Errorf("reject %d: %s, want %s", i, got, want)
		}
	}
}

// TestBatches checks that batches come at page ends and that memory lent to one is not
// written while it is in use.
func TestBatches(t *testing.T) {
	d := decoder(t, Options{BatchRows: 3, Tables: []Table{{Columns: []Column{num("id", "id"), strs("l", "l[]")}}}})
	var held []arrow.RecordBatch
	keep := func(_ int, b arrow.RecordBatch) error {
		held = append(held, b)
		return nil
	}
	for p := range 9 {
		body := page(fmt.Sprintf(`{"id":%d,"l":["a%d",null]}`, 2*p, p), fmt.Sprintf(`{"id":%d,"l":null}`, 2*p+1))
		if _, err := d.Decode(body, keep); err != nil {
			t.Fatal(err)
		}
		clear(body)
	}
	if err := d.Flush(keep); err != nil {
		t.Fatal(err)
	}
	var sizes []int64
	s := &sink{}
	for _, b := range held {
		sizes = append(sizes, b.NumRows())
		if err := s.emit(0, b); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(sizes) != "[4 4 4 4 2]" {
		t.Errorf("batches of %v rows", sizes)
	}
	for i, row := range s.table(0) {
		want := fmt.Sprintf(`[%d,["a%d",null]]`, i, i/2)
		if i%2 == 1 {
			want = fmt.Sprintf(`[%d,null]`, i)
		}
		if row != want {
			t.Errorf("row %d is %s, want %s", i, row, want)
		}
	}
}

func TestEmitError(t *testing.T) {
	d := decoder(t, Options{BatchRows: 1, Tables: []Table{{Columns: []Column{num("id", "id")}}}})
	full := errors.New("disk full")
	r, err := d.Decode(page(`{"id":1}`), func(_ int, b arrow.RecordBatch) error {
		b.Release()
		return full
	})
	if !errors.Is(err, full) || r.Records != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRolledBackPagesLeaveBatchesWhole puts a damaged page between sound ones at every place where a batch could end.
func TestRolledBackPagesLeaveBatchesWhole(t *testing.T) {
	columns := []Column{num("id", "id"), col("b", "b", nullBool, schemas.Bool), strs("l", "l[]"), mode(strs("j", "l[]"), schemas.Join, nullString)}
	record := func(id int) string { return fmt.Sprintf(`{"id":%d,"b":%t,"l":["x%d"]}`, id, id%2 == 0, id) }
	for rows := 1; rows < 20; rows++ {
		d, s := decoder(t, Options{BatchRows: 50, Tables: []Table{{Columns: columns}}}), &sink{}
		var want []string
		for id := range rows {
			if _, err := d.Decode(page(record(id)), s.emit); err != nil {
				t.Fatal(err)
			}
			bad := page(record(100), record(101), record(102))
			if _, err := d.Decode(bad[:len(bad)-7], s.emit); err == nil {
				t.Fatal("took a cut page")
			}
			want = append(want, fmt.Sprintf(`[%d,%t,["x%d"],"x%d"]`, id, id%2 == 0, id, id))
		}
		if err := d.Flush(s.emit); err != nil {
			t.Fatal(err)
		}
		diff(t, s.table(0), want)
	}
}

// TestLongValues makes batches early when values are long, and does not keep their memory.
func TestLongValues(t *testing.T) {
	d, s := decoder(t, Options{Tables: []Table{{Columns: []Column{num("id", "id"), str("s", "s")}}}}), &sink{}
	long := strings.Repeat("long ", 1<<20)
	for id := range 4 {
		if _, err := d.Decode(page(fmt.Sprintf(`{"id":%d,"s":"%s"}`, id, long)), s.emit); err != nil {
			t.Fatal(err)
		}
		if want := (id + 1) / 2; s.batches != want {
			t.Errorf("%d batches after %d pages, want %d", s.batches, id+1, want)
		}
	}
	d.Close()
	if d.tables != nil {
		t.Error("still has tables")
	}
}
