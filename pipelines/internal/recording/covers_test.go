package recording

import (
	"strings"
	"testing"
)

// TestCoversNestedTotals: a recording of a version that did not count nested lists lacks their totals.
func TestCoversNestedTotals(t *testing.T) {
	const query = "query Groups($first: Int) { groups(first: $first) { totalCount nodes { id variants(first: 100) { totalCount nodes { name id } } } } }"
	if err := covers(query, query); err != nil {
		t.Error(err)
	}
	old := strings.Replace(query, "(first: 100) { totalCount nodes { name id }", "(first: 100) { nodes { name }", 1)
	err := covers(old, query)
	want := "the recorded query has no groups(first: $first).nodes.variants(first: 100).totalCount, " +
		"groups(first: $first).nodes.variants(first: 100).nodes.id; record again with --record"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
