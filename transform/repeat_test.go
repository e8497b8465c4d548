package transform

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func repeated(name, expr string) Column {
	return Column{Name: name, Expr: expr, Type: schemas.Type{Kind: schemas.Int64}, Repeat: true}
}

// TestRepeat: rows are repeated as often as an expression says, and the filter sees each of them.
func TestRepeat(t *testing.T) {
	n := Column{Name: "double", Expr: "nr * 2", Type: nullInt}
	o := Options{Tables: []Table{
		{Name: "records", Columns: []Column{num("id", "id"), repeated("nr", "id ?? 2"), n, hidden(str("s", "s"))}, Filter: "nr != 2"},
		{Name: "elements", Rows: keys("l[]"), Columns: []Column{repeated("nr", "n"), num("n", "l[].n"), num("id", "id")}},
	}}
	got, results := decode(t, o,
		page(`{"id":3,"s":"x","l":[{"n":2},{"n":0},{"n":1}]}`, `{"id":0,"s":"y","l":[]}`),
		page(`{"id":null,"s":"z","l":[{"n":null},{"n":1}]}`))
	diff(t, got.table(0), []string{`[3,1,2]`, `[3,3,6]`, `[null,1,2]`})
	diff(t, got.table(1), []string{`[1,2,3]`, `[2,2,3]`, `[1,1,3]`, `[1,1,null]`})
	if results[0].Filtered != 1 || results[1].Filtered != 1 {
		t.Errorf("filtered: %d and %d rows", results[0].Filtered, results[1].Filtered)
	}
}

// TestRepeatRejects: a number that is none rejects the record, and leaves no row of it.
func TestRepeatRejects(t *testing.T) {
	o := Options{Tables: []Table{{Name: "t", Columns: []Column{repeated("nr", "id"), num("id", "id"), str("s", "s")}}}}
	got, results := decode(t, o, page(`{"id":1,"s":"a"}`, `{"id":-1,"s":"b"}`, `{"id":10001,"s":"c"}`, `{"id":2,"s":"d"}`))
	diff(t, got.table(0), []string{`[1,1,"a"]`, `[1,2,"d"]`, `[2,2,"d"]`})
	if r := results[0].Rejects; len(r) != 2 || !strings.Contains(r[1].Reason, "column nr: expr: 10001 is no number of rows, from 0 to 10000") {
		t.Errorf("rejects: %+v", r)
	}
}
