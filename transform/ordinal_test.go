package transform

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func nth(name, path string) Column {
	c := col(name, path, schemas.Type{Kind: schemas.Int64, Nullable: true}, schemas.Int64)
	c.Ordinal = true
	return c
}

func whole(c Column) Column {
	c.Whole = true
	return c
}

func hidden(c Column) Column {
	c.Hidden = true
	return c
}

// TestOrdinal has places in one list and in two, null elements counted.
func TestOrdinal(t *testing.T) {
	small := nth("n", "l[]")
	small.Type.Kind = schemas.Int32
	o := Options{Tables: []Table{
		{Name: "scalars", Rows: keys("l[]"), Columns: []Column{num("id", "id"), small, str("v", "l[]")}},
		{Name: "nested", Rows: keys("a[].b[]"), Columns: []Column{nth("a", "a[]"), nth("b", "a[].b[]"), num("v", "a[].b[].v")}},
		{Name: "outer", Rows: keys("l[]"), Outer: true, Columns: []Column{num("id", "id"), nth("n", "l[]")}},
	}}
	got, _ := decode(t, o,
		page(`{"id":1,"l":["x",null,"y"],"a":[{"b":[{"v":1},{"v":2}]},{"b":[]},{"b":[null,{"v":3}]}]}`, `{"id":2,"l":[],"a":null}`),
		page(`{"id":3,"l":["z"],"a":[{"b":[{"v":4}]}]}`))
	diff(t, got.table(0), []string{`[1,1,"x"]`, `[1,2,null]`, `[1,3,"y"]`, `[3,1,"z"]`})
	diff(t, got.table(1), []string{`[1,1,1]`, `[1,2,2]`, `[3,1,null]`, `[3,2,3]`, `[1,1,4]`})
	diff(t, got.table(2), []string{`[1,1]`, `[1,2]`, `[1,3]`, `[2,null]`, `[3,1]`})
}

// TestOrdinalAfterReject: a rejected record leaves no place behind.
func TestOrdinalAfterReject(t *testing.T) {
	o := Options{Tables: []Table{{Name: "t", Rows: keys("l[]"), Columns: []Column{nth("n", "l[]"), num("v", "l[].v")}}}}
	got, results := decode(t, o, page(`{"l":[{"v":1},{"v":"x"},{"v":3}]}`, `{"l":[{"v":4},{"v":5}]}`))
	diff(t, got.table(0), []string{`[1,4]`, `[2,5]`})
	if len(results[0].Rejects) != 1 {
		t.Errorf("%d rejects", len(results[0].Rejects))
	}
}

func TestOrdinalErrors(t *testing.T) {
	text := nth("n", "l[]")
	text.Type.Kind = schemas.String
	for want, table := range map[string]Table{
		"column n: an ordinal is the place of an element that makes the rows": {Rows: keys("l[]"), Columns: []Column{nth("n", "m[]")}},
		"column n: an ordinal is the place":                                   {Columns: []Column{nth("n", "l[]")}},
		"column n: an ordinal is an integer, not a string":                    {Rows: keys("l[]"), Columns: []Column{text}},
	} {
		_, err := Compile(Options{Connection: "things", Tables: []Table{table}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

// TestWhole takes the record's list in every row, beside the row's own element.
func TestWhole(t *testing.T) {
	o := Options{Tables: []Table{{Name: "t", Rows: keys("l[]"), Columns: []Column{
		num("v", "l[].v"), whole(col("all", "l[].v", listInt, schemas.Int64)),
		whole(mode(num("count", "l[].v"), schemas.Count, nullInt)), calc("last", "all[-1]", nullInt),
	}}}}
	got, _ := decode(t, o, page(`{"l":[{"v":1},null,{"v":3}]}`, `{"l":[]}`, `{"l":[{"v":5}]}`))
	diff(t, got.table(0), []string{`[1,[1,null,3],3,3]`, `[null,[1,null,3],3,3]`, `[3,[1,null,3],3,3]`, `[5,[5],1,5]`})
}

// TestHidden: expressions and filters see what batches do not have.
func TestHidden(t *testing.T) {
	o := Options{Tables: []Table{{Name: "t", Columns: []Column{
		hidden(num("a", "a")), num("id", "id"), calc("twice", "a * 2", nullInt), hidden(calc("b", "a > 1", nullBool)),
	}, Filter: "b"}}}
	got, _ := decode(t, o, page(`{"id":1,"a":1}`, `{"id":2,"a":2}`), page(`{"id":3,"a":3}`))
	diff(t, got.table(0), []string{`[2,4]`, `[3,6]`})
}
