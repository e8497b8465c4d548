package readers

import (
	"strings"
	"testing"
)

// TestOracle holds the oracle against rows written by hand: a wrong oracle
// would make every other test here agree with a wrong program.
func TestOracle(t *testing.T) {
	const text = `{"id": 7, "disease": null, "therapies": [{"id": 1, "name": "a,b"}, null, {"id": 2, "name": null}],
		"variants": [{"__typename": "GeneVariant", "start": 5, "tags": ["x", "x"]}, {"__typename": "FusionVariant", "tags": null}],
		"groups": {"nodes": [{"name": "g"}]}, "none": [], "at": "1969-12-31T23:59:59.5Z", "data": {"k": [1]}}`
	var node object
	if err := decode([]byte(text), &node); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		column wantedColumn
		want   string
	}{
		{col("c", "BIGINT", "id"), `[7]`},
		{col("c", "VARCHAR", "disease.name"), `[null]`},
		{col("c", "VARCHAR[]", "disease.aliases"), `[null]`},
		{col("c", "VARCHAR[]", "therapies.name"), `[["a,b",null,null]]`},
		{col("c", "BIGINT", "therapies.name").as(count), `[3]`},
		{col("c", "VARCHAR", "therapies.name").as(joined("|")), `["a,b"]`},
		{col("c", "BIGINT", "therapies.id").as(first), `[1]`},
		{col("c", "VARCHAR", "therapies.name").as(asJSON), `["[\"a,b\",null,null]"]`},
		{col("c", "BIGINT[]", "variants.GeneVariant.start"), `[[5,null]]`},
		{col("c", "VARCHAR[]", "variants.tags"), `[["x","x"]]`},
		{col("c", "VARCHAR[]", "variants.tags").as(distinct), `[["x"]]`},
		{col("c", "VARCHAR[]", "groups.name"), `[["g"]]`},
		{col("c", "VARCHAR[]", "none"), `[[]]`},
		{col("c", "TIMESTAMP WITH TIME ZONE", "at"), `[-500000]`},
		{col("c", "VARCHAR", "data").as(asJSON), `["{\"k\":[1]}"]`},
	} {
		got := expect(t, []object{node}, wanted{columns: []wantedColumn{c.column}})
		if strings.Join(got.rows, "\n") != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.column.path, c.column.typ, got.rows, c.want)
		}
	}
	for _, c := range []struct {
		w    wanted
		want string
	}{
		{wanted{rows: "therapies"}, `[1] [null] [2]`},
		{wanted{rows: "none"}, ``},
		{wanted{rows: "none", outer: true}, `[null]`},
	} {
		c.w.columns = []wantedColumn{col("c", "BIGINT", c.w.rows+".id")}
		if got := strings.Join(expect(t, []object{node}, c.w).rows, " "); got != c.want {
			t.Errorf("rows %s: got %s, want %s", c.w.rows, got, c.want)
		}
	}
}

// TestExcept is the negative control of every comparison: a row too many, too
// few or twice is seen.
func TestExcept(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"a b c", "a b c", ""},
		{"a b c", "a c", "b"},
		{"a a b", "a b", "a"},
		{"a b", "a a b", ""},
		{"b", "a", "b"},
	} {
		if got := strings.Join(except(strings.Fields(c.a), strings.Fields(c.b)), " "); got != c.want {
			t.Errorf("except(%s, %s) = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}
