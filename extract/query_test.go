package extract

import (
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func TestQueryText(t *testing.T) {
	q := &Query{
		Connection: &schemas.Connection{Name: "evidenceItems", Node: "EvidenceItem", MaxPage: 100},
		Args:       "status: ACCEPTED, statement: \"sortBy: \\\"x\\\"\"",
		Selection: &schemas.Selection{Fields: []*schemas.Field{
			scalar("id"), {Name: "disease", Key: "disease", Type: "Disease", Fields: []*schemas.Field{scalar("name")}},
		}},
		OrderByID: true,
	}
	want := `query EvidenceItems($first: Int, $after: String) {
  evidenceItems(status: ACCEPTED, statement: "sortBy: \"x\"", sortBy: {column: ID, direction: ASC}, first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      id
      disease {
        name
      }
    }
  }
}
`
	if got := q.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestQueryArgs(t *testing.T) {
	tests := []struct {
		name, args string
		order      bool
		paging     Paging
		want       string
	}{
		{"none", "", false, Offset, "query Things($first: Int, $after: String) {\n  things(first: $first, after: $after) {"},
		{"own order stays", "sortBy: {column: NAME, direction: DESC}", true, Offset,
			"query Things($first: Int, $after: String) {\n  things(sortBy: {column: NAME, direction: DESC}, first: $first, after: $after) {"},
		{"ids", "status: ALL", false, IDs,
			"query Things($ids: [Int!], $first: Int, $after: String) {\n  things(ids: $ids, status: ALL, first: $first, after: $after) {"},
		{"not GraphQL", "status: ", false, Auto,
			"query Things($first: Int, $after: String) {\n  things(status: , first: $first, after: $after) {"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := thingsQuery()
			q.Args, q.OrderByID, q.Paging = test.args, test.order, test.paging
			if got := q.Text()[:min(len(test.want), len(q.Text()))]; got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCursor(t *testing.T) {
	for offset, want := range map[int]string{100: "MTAw", 1: "MQ", 12946: "MTI5NDY"} {
		if got := cursor(offset); got != want {
			t.Errorf("cursor(%d) = %q, want %q", offset, got, want)
		}
	}
}

func TestParsePaging(t *testing.T) {
	for _, name := range PagingNames() {
		if p, ok := ParsePaging(name); !ok || p.String() != name {
			t.Errorf("%q does not come back: %v %t", name, p, ok)
		}
	}
	if _, ok := ParsePaging("pages"); ok {
		t.Error("took a way of paging that does not exist")
	}
}
