package digest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

func contentOf(t *testing.T, batches ...arrow.RecordBatch) string {
	t.Helper()
	var d Content
	for _, b := range batches {
		var columns []ContentColumn
		for _, a := range b.Columns() {
			columns = append(columns, ContentColumn{Array: a})
		}
		if err := d.Add(columns, int(b.NumRows())); err != nil {
			t.Fatal(err)
		}
	}
	return d.Text(nil)
}

// TestContent: the order of rows and the cuts into batches do not matter; any value, and how often a row comes, does.
func TestContent(t *testing.T) {
	shape := tabletest.EveryKind()
	const rows = 600
	whole := tabletest.Nasty(shape, 0, rows)
	want := contentOf(t, whole)
	rng := rand.New(rand.NewPCG(7, 8))
	var parts []arrow.RecordBatch
	for from := int64(0); from < rows; {
		to := min(rows, from+1+int64(rng.IntN(300)))
		parts = append(parts, whole.NewSlice(from, to))
		from = to
	}
	rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	if got := contentOf(t, parts...); got != want {
		t.Errorf("in %d parts: %s, not %s", len(parts), got, want)
	}
	if contentOf(t, parts[1:]...) == want || contentOf(t, append(parts, parts[0], parts[0])...) == want {
		t.Error("rows less, or twice, and one content")
	}
	one := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: schemas.String, Nullable: true, ElementNullable: true}}}}
	list := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: schemas.String, List: true, Nullable: true, ElementNullable: true}}}}
	numbers := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: schemas.Float64, Nullable: true}}}}
	seen := map[string]any{}
	for _, c := range []struct {
		shape  *schemas.Table
		values []any
	}{
		{one, []any{nil}}, {one, []any{""}}, {one, []any{"a", "b"}}, {one, []any{"ab", ""}}, {one, []any{"a"}},
		{list, []any{[]any{}}}, {list, []any{[]any{nil}}}, {list, []any{[]any{""}}}, {list, []any{[]any{"a", "b"}}},
		{list, []any{[]any{"b", "a"}}}, {list, []any{[]any{"a"}, []any{"b"}}}, {list, []any{[]any{"a,b"}}},
		{numbers, []any{0.0}}, {numbers, []any{1.0}}, {numbers, []any{-1.0}}, {numbers, []any{5e-324}},
	} {
		got := contentOf(t, tabletest.BatchOf(c.shape, c.values...))
		if other, found := seen[c.shape.Columns[0].Type.String()+got]; found {
			t.Errorf("%v and %v have one content", c.values, other)
		}
		seen[c.shape.Columns[0].Type.String()+got] = c.values
	}
	if contentOf(t, tabletest.BatchOf(numbers, 0.0)) != contentOf(t, tabletest.BatchOf(numbers, math.Copysign(0, -1))) {
		t.Error("minus zero is another content")
	}
	// A recorded value: the definition must not change with the program.
	if got := contentOf(t, tabletest.BatchOf(one, "a", nil)); got != "6562aaa08097fbd9b6b58d3f888c1ef2" {
		t.Errorf("the definition has changed: %s", got)
	}
}
