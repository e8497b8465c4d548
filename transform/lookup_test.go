package transform

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas"
)

// A column with a lookup is the list of the values of its key; a key without values, and a null, give an empty list.
func TestLookup(t *testing.T) {
	number := schemas.Type{Kind: schemas.Int64, Nullable: true}
	texts := schemas.Type{Kind: schemas.String, List: true}
	d, err := Compile(Options{
		Connection: "things",
		Tables: []Table{{Name: "t", Filter: "count > 0 || id == nil", Columns: []Column{
			{Name: "id", Keys: []schemas.Key{{Name: "id"}}, Type: number, Wire: schemas.Int64},
			{Name: "names", Lookup: "groups", By: "id", Type: texts},
			{Name: "count", Expr: "len(names)", Type: number},
		}}},
		Lookup: func(name string, key int64) []any {
			return map[int64][]any{7: {"a", "b"}, 9: {"c"}}[key]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	got := ""
	emit := func(_ int, batch arrow.RecordBatch) error {
		defer batch.Release()
		for i := range int(batch.NumRows()) {
			got += batch.Column(0).ValueStr(i) + batch.Column(1).ValueStr(i) + batch.Column(2).ValueStr(i) + "\n"
		}
		return nil
	}
	body := `{"data":{"things":{"nodes":[{"id":7},{"id":8},{"id":9},{"id":null}],"pageInfo":{"hasNextPage":false}}}}`
	if _, err := d.Decode([]byte(body), emit); err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(emit); err != nil {
		t.Fatal(err)
	}
	if want := "7[\"a\",\"b\"]2\n9[\"c\"]1\n(null)[]0\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
