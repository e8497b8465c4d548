package extract

import (
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func TestSortByID(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{``, ``},
		{`{"id":3}`, `{"id":3}`},
		{`{"id":1}, {"id":2}`, `{"id":1}, {"id":2}`}, // in order: nothing is rewritten
		{`{"name":"b","id":10}, {"id":9,"name":"a"} ,{"id":-1}`, `{"id":-1},{"id":9,"name":"a"},{"name":"b","id":10}`},
	} {
		q := &Query{Connection: &schemas.Connection{Name: "x"}, Selection: &schemas.Selection{Fields: []*schemas.Field{scalar("id")}}}
		wrap := func(nodes string) string {
			return `{"data":{"x":{"totalCount":3,"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[` + nodes + `]}}}`
		}
		page, err := q.ReadPage(Window{IDs: true}, []byte(wrap(test.in)))
		if err != nil {
			t.Fatal(err)
		}
		had := page.Nodes
		if err := page.sortByID(); err != nil || string(page.Body) != wrap(test.want) || page.Nodes != had {
			t.Errorf("sortByID of %s: %s, %d nodes, %v", test.in, page.Body, page.Nodes, err)
		}
	}
}
