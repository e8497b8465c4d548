package transform_test

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// A page has two records. One row is made of each therapy, with a column of the
// record, a column of the therapy, and a computed column.
func Example() {
	text := schemas.Type{Kind: schemas.String, Nullable: true}
	decoder, err := transform.Compile(transform.Options{
		Connection: "evidenceItems",
		ID:         []schemas.Key{{Name: "id"}},
		Tables: []transform.Table{{
			Name: "therapies",
			Rows: []schemas.Key{{Name: "therapies", List: true}},
			Columns: []transform.Column{
				{Name: "id", Keys: []schemas.Key{{Name: "id"}}, Type: schemas.Type{Kind: schemas.Int64}, Wire: schemas.Int64},
				{Name: "therapy", Keys: []schemas.Key{{Name: "therapies", List: true}, {Name: "name"}}, Type: text, Wire: schemas.String},
				{Name: "label", Expr: `string(id) + ": " + upper(therapy)`, Type: text},
			},
		}},
	})
	if err != nil {
		panic(err)
	}
	defer decoder.Close()
	show := func(_ int, batch arrow.RecordBatch) error {
		defer batch.Release()
		for _, column := range batch.Columns() {
			fmt.Println(column)
		}
		return nil
	}
	result, err := decoder.Decode([]byte(`{"data": {"evidenceItems": {"totalCount": 2, "nodes": [
		{"id": 1, "therapies": [{"name": "Dabrafenib"}, {"name": "Trametinib"}]},
		{"id": 2, "therapies": "none"}
	]}}}`), show)
	if err == nil {
		err = decoder.Flush(show)
	}
	fmt.Println(result.Records, "records,", len(result.Rejects), "reject:", result.Rejects[0].Reason, err)
	// Output:
	// [1 1]
	// ["Dabrafenib" "Trametinib"]
	// ["1: DABRAFENIB" "1: TRAMETINIB"]
	// 2 records, 1 reject: column therapy: want a list, the value is "none" <nil>
}
