package digest

import (
	"fmt"
	"testing"

	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestDigest tells values apart that look alike, and does not see where batches
// were cut.
func TestDigest(t *testing.T) {
	text := schemas.Type{Kind: schemas.String, Nullable: true}
	list := schemas.Type{Kind: schemas.String, List: true, Nullable: true, ElementNullable: true}
	seen := map[string]any{}
	for _, c := range []struct {
		typ    schemas.Type
		values []any
	}{
		{text, []any{"ab", "c"}}, {text, []any{"a", "bc"}}, {text, []any{"abc", ""}}, {text, []any{"abc", nil}}, {text, []any{nil, "abc"}}, {text, []any{"", "abc"}}, {text, []any{"abc"}},
		{list, []any{[]any{"a"}, []any{"b"}}}, {list, []any{[]any{"a", "b"}, []any{}}}, {list, []any{[]any{"a", "b"}, nil}}, {list, []any{[]any{}, []any{"a", "b"}}},
		{list, []any{[]any{"a", nil}, []any{"b"}}}, {list, []any{[]any{"a"}, []any{nil, "b"}}}, {list, []any{[]any{"a", "b"}}},
	} {
		shape := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: c.typ}}}
		whole := ForSchema(shape.Arrow())
		if err := AddBatch(whole, tabletest.BatchOf(shape, c.values...)); err != nil {
			t.Fatal(err)
		}
		parts := ForSchema(shape.Arrow())
		for i := range c.values {
			part := tabletest.BatchOf(shape, c.values...).NewSlice(int64(i), int64(i+1))
			if err := AddBatch(parts, part); err != nil {
				t.Fatal(err)
			}
		}
		if whole[0].Sum() != parts[0].Sum() {
			t.Errorf("%v: the digest depends on the batches", c.values)
		}
		key := fmt.Sprint(whole[0].Sum())
		if other := seen[key]; other != nil {
			t.Errorf("%v and %v have one digest", c.values, other)
		}
		seen[key] = c.values
	}
}
