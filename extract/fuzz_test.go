package extract

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// FuzzPage holds the reader of pages against encoding/json, and edits what it
// accepts: the result is JSON and holds the records it says.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		good,
		`{"data":{"things":{"nodes":[{"id":1},{"id":2,"nodes":[]}],"pageInfo":{"endCursor":"Mg","hasNextPage":true},"totalCount":9}}}`,
		`{"data":{"other":1,"things":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null},"totalCount":0}},"extensions":[]}`,
		"{ \"data\" : { \"things\" : { \"nodes\" : [ {\"a\":{}} , {} ] , \"pageInfo\" : { \"hasNextPage\" : false } } } }",
		`{"data":{"things":{"nodes":[null],"pageInfo":{"hasNextPage":1}}}}`,
		`{"data":{"things":{"nodes":[{"members":{"nodes":[{"id":1}],"pageInfo":{"hasNextPage":true,"endCursor":"MQ"}}}],"pageInfo":{"hasNextPage":false}}}}`,
	} {
		f.Add([]byte(seed), uint8(1))
	}
	q := thingsQuery()
	source := Open(serve(f, http.NotFoundHandler()), q)
	f.Fuzz(func(t *testing.T, body []byte, keep uint8) {
		p, err := q.ReadPage(Window{}, body)
		if err != nil {
			return
		}
		nested := q.newPage(Window{})
		nested.nested = schemas.Branches([]*schemas.Field{connField("members", scalar("id"))})
		_ = nested.read(body)
		if want := count(t, body); p.Nodes != want {
			t.Fatalf("%d records, encoding/json finds %d in %q", p.Nodes, want, body)
		}
		twice, _ := q.ReadPage(Window{}, body)
		err = source.join(twice, p)
		if err != nil || twice.Nodes != 2*p.Nodes || count(t, twice.Body) != twice.Nodes || twice.HasNext != p.HasNext {
			t.Fatalf("joined with itself: %v, %q", err, twice.Body)
		}
		n := min(int(keep), p.Nodes)
		if err := p.Cut(n); err != nil || p.Nodes != n || count(t, p.Body) != n {
			t.Fatalf("cut to %d: %v, %q", n, err, p.Body)
		}
	})
}

func count(t *testing.T, body []byte) int {
	t.Helper()
	var answer map[string]json.RawMessage
	for _, name := range []string{"data", "things"} {
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		body, answer = answer[name], nil
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	var nodes []json.RawMessage
	if err := json.Unmarshal(answer["nodes"], &nodes); err != nil {
		t.Fatal(err)
	}
	return len(nodes)
}
