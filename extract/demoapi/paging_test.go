package demoapi

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestPages(t *testing.T) {
	all := connection(t, plain(), "variantGroups").ids()
	if len(all) != 30 {
		t.Fatalf("%d variant groups", len(all))
	}
	tests := []struct {
		args       string
		want       []int
		next, prev bool
	}{
		{"first: 4", all[:4], true, false},
		{"first: 0", nil, true, false},
		{"first: -3", nil, true, false},
		{"first: 30", all, false, false},
		{`first: 4, after: "` + cursor(4) + `"`, all[4:8], true, true},
		{`first: 4, after: "` + cursor(28) + `"`, all[28:], false, true},
		{`first: 4, after: "` + cursor(30) + `"`, nil, false, true},
		{`first: 4, after: "` + cursor(900) + `"`, nil, false, true},
		{`after: "` + cursor(25) + `"`, all[25:], false, true},
		{"last: 3", all[27:], false, true},
		{`last: 3, before: "` + cursor(11) + `"`, all[7:10], true, true},
		{`first: 5, before: "` + cursor(4) + `"`, all[:3], true, false},
		{`after: "` + cursor(4) + `", before: "` + cursor(7) + `"`, all[4:6], true, true},
		{`after: "` + cursor(7) + `", before: "` + cursor(4) + `"`, nil, true, true},
		{`first: 2, after: "` + base64.RawURLEncoding.EncodeToString([]byte("x")) + `"`, all[:2], true, false},
	}
	for _, test := range tests {
		got := connection(t, plain(), "variantGroups("+test.args+")")
		if !slices.Equal(got.ids(), test.want) || got.PageInfo.HasNextPage != test.next || got.PageInfo.HasPreviousPage != test.prev {
			t.Errorf("%s: ids %v next %t previous %t; want %v %t %t", test.args,
				got.ids(), got.PageInfo.HasNextPage, got.PageInfo.HasPreviousPage, test.want, test.next, test.prev)
		}
		if got.TotalCount != 30 {
			t.Errorf("%s: totalCount %d", test.args, got.TotalCount)
		}
	}
}

func TestCursorsAreOffsets(t *testing.T) {
	page := connection(t, plain(), `evidenceItems(first: 3, after: "MTAw")`)
	for i, e := range page.Edges {
		raw, err := base64.RawURLEncoding.DecodeString(e.Cursor)
		if n, _ := strconv.Atoi(string(raw)); err != nil || n != 101+i {
			t.Errorf("cursor %d is %q: %s", i, e.Cursor, raw)
		}
	}
	if page.PageInfo.StartCursor != page.Edges[0].Cursor || page.PageInfo.EndCursor != page.Edges[2].Cursor {
		t.Errorf("pageInfo %+v of %+v", page.PageInfo, page.Edges)
	}
	if got := ask(t, plain(), `{ evidenceItems(after: "!!") { totalCount } }`); !strings.Contains(got, `Invalid input: \"!!\"`) || !strings.Contains(got, `"data":null`) {
		t.Errorf("an invalid cursor: %s", got)
	}
}

func TestPagesAreClamped(t *testing.T) {
	for field, want := range map[string]int{"evidenceItems": 100, "sources": 100, "variants": 300, "molecularProfiles": 300} {
		got := connection(t, plain(), field+"(first: 500)")
		if len(got.Nodes) != want || got.PageCount != (got.TotalCount+want-1)/want {
			t.Errorf("%s(first: 500): %d nodes in %d pages, want %d", field, len(got.Nodes), got.PageCount, want)
		}
		if got := connection(t, plain(), field); len(got.Nodes) != want {
			t.Errorf("%s without first: %d nodes, want %d", field, len(got.Nodes), want)
		}
	}
}

// TestNestedPages reads the group of 257 variants to its end, as only a client
// that pages inside the node can.
func TestNestedPages(t *testing.T) {
	id := 0
	for _, g := range connection(t, plain(), "variantGroups").ids() {
		if nested(t, g, "first: 1").TotalCount == 257 {
			id = g
		}
	}
	if id == 0 {
		t.Fatal("no group of 257 variants")
	}
	seen := map[int]bool{}
	for _, want := range []int{100, 100, 57} {
		page := nested(t, id, fmt.Sprintf("first: 300, after: %q", cursor(len(seen))))
		if len(page.Nodes) != want || page.PageInfo.HasNextPage != (want == 100) {
			t.Fatalf("%d nodes, next %t; want %d", len(page.Nodes), page.PageInfo.HasNextPage, want)
		}
		for _, n := range page.Nodes {
			seen[n.ID] = true
		}
	}
	if len(seen) != 257 {
		t.Errorf("%d different variants", len(seen))
	}
}

func nested(t *testing.T, group int, args string) list {
	t.Helper()
	data := get[map[string]map[string]list](t, plain(), fmt.Sprintf(
		"{ g: variantGroup(id: %d) { c: variants(%s) { totalCount pageInfo { hasNextPage } nodes { id } } } }", group, args))
	return data["g"]["c"]
}

// TestOwnOrder checks the orders that the API's connections have of themselves.
func TestOwnOrder(t *testing.T) {
	type item struct {
		ID             int
		EvidenceLevel  string
		EvidenceRating *int
	}
	rating := func(i item) int {
		if i.EvidenceRating == nil {
			return 9 // as PostgreSQL sorts null when descending
		}
		return *i.EvidenceRating
	}
	data := get[map[string]struct{ Nodes []item }](t, plain(), "{ c: evidenceItems(first: 100) { nodes { id evidenceLevel evidenceRating } } }")
	sorted := slices.IsSortedFunc(data["c"].Nodes, func(a, b item) int {
		return strings.Compare(fmt.Sprintf("%s%d%09d", a.EvidenceLevel, 9-rating(a), a.ID), fmt.Sprintf("%s%d%09d", b.EvidenceLevel, 9-rating(b), b.ID))
	})
	if !sorted {
		t.Errorf("evidence is not by level, rating descending, id: %+v", data["c"].Nodes[:20])
	}
	for field, path := range map[string]string{"variants": "name", "genes": "name", "sources": "citationId", "diseases": "name"} {
		nodes := get[map[string]struct{ Nodes []map[string]string }](t, plain(), "{ c: "+field+"(first: 300) { nodes { "+path+" } } }")["c"].Nodes
		if !slices.IsSortedFunc(nodes, func(a, b map[string]string) int { return strings.Compare(a[path], b[path]) }) {
			t.Errorf("%s are not by %s", field, path)
		}
	}
}

func TestSortBy(t *testing.T) {
	up := connection(t, plain(), "evidenceItems(status: ALL, sortBy: {column: ID, direction: ASC})").ids()
	down := connection(t, plain(), "evidenceItems(status: ALL, sortBy: {column: ID, direction: DESC})").ids()
	if !slices.IsSorted(up) || up[0] != 1 {
		t.Errorf("by id: %v", up[:5])
	}
	slices.Reverse(down)
	if !slices.IsSorted(down) || down[99] < 12_000 {
		t.Errorf("by id, descending: %v", down)
	}
	for _, c := range []string{"DISEASE_NAME", "EVIDENCE_RATING", "SIGNIFICANCE", "DESCRIPTION"} {
		connection(t, plain(), "evidenceItems(first: 2, sortBy: {column: "+c+", direction: DESC})")
	}
}

// TestTies compares the order of variants, hundreds of which share a name,
// between requests.
func TestTies(t *testing.T) {
	const field = `variants(first: 300, name: "Mutation")`
	steady := connection(t, plain(), field)
	if steady.TotalCount < 300 {
		t.Fatalf("only %d variants are named Mutation", steady.TotalCount)
	}
	if again := connection(t, plain(), field); !slices.Equal(steady.ids(), again.ids()) {
		t.Error("ties move without Shuffle")
	}
	if slices.IsSorted(steady.ids()) {
		t.Error("ties are by id: nobody would notice a missing sort")
	}
	s := newServer(t, Options{Shuffle: true})
	first, second := connection(t, s, field), connection(t, s, field)
	if slices.Equal(first.ids(), second.ids()) {
		t.Error("ties stay with Shuffle")
	}
	a, b := connection(t, s, "evidenceItems").ids(), connection(t, s, "evidenceItems").ids()
	if !slices.Equal(a, b) {
		t.Error("a unique order moves with Shuffle")
	}
}
