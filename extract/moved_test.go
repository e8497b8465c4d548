package extract

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestFetchNestedThatMoves changes a record while its members are read: once,
// which reading anew mends, or for ever.
func TestFetchNestedThatMoves(t *testing.T) {
	without := func(first int) conn { return withMemberIDs(slices.Delete(upTo(250), first-1, first)...) }
	doubled := func(id int) conn { return withMemberIDs(slices.Insert(upTo(250), 120, id)...) }
	tests := []struct {
		name string
		to   conn // what the record is for the follow-up queries
		want string
	}{
		{"one member less", without(1), "members of record 1: the server's data changed"},
		{"one more in front", withMemberIDs(append([]int{999}, upTo(250)...)...), "the server's data changed"},
		{"a member twice", doubled(5), "duplicate node: the server's data changed"},
		{"fewer than had come", withMemberIDs(1, 2, 3), "the server's data changed"},
		{"the record gone", things(2), "members of record 1: the server's data changed"},
	}
	for _, test := range tests {
		for _, ever := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, for ever %t", test.name, ever), func(t *testing.T) {
				api := &tree{most: 100, single: map[string]string{"thing": "things"}, root: map[string]conn{}}
				api.hook = func(tr *tree, document string) {
					tr.root["things"] = withMemberIDs(upTo(250)...)
					if strings.Contains(document, "Rest") && (ever || len(tr.asked) == 2) {
						tr.root["things"] = test.to
					}
				}
				q := thingsQuery()
				q.Connection.Single = "thing"
				q.Selection = &schemas.Selection{Fields: []*schemas.Field{scalar("id"), connField("members", scalar("id"))}}
				p, err := Open(serve(t, api), q).Fetch(t.Context(), Window{Size: 100})
				if ever && (err == nil || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if !ever && (err != nil || strings.Count(string(p.Body), `"id"`) != 251) {
					t.Errorf("reading anew did not mend it: %v", err)
				}
			})
		}
	}
}

// withMemberIDs is one record with members of these ids.
func withMemberIDs(ids ...int) conn {
	list := things(1)
	list[0]["members"] = things(ids...)
	return list
}

func TestFetchRefusesNestedThatDoesNotAddUp(t *testing.T) {
	const whole = `{"data":{"things":{"totalCount":1,"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},"nodes":[` +
		`{"id":1,"members":{"pageInfo":{"hasNextPage":true,"endCursor":"Mg"},"nodes":[{"id":1},{"id":2}]}}]}}}`
	tests := []struct{ name, old, new, want string }{
		{"empty page with a next one", `[{"id":1},{"id":2}]`, `[]`, "an empty page of a nested connection"},
		{"wrong cursor", `"Mg"`, `"Mw"`, "no longer pages by offset"},
		{"no pageInfo", `"members":{"pageInfo"`, `"members":{"info"`, "members: a connection without pageInfo.hasNextPage"},
		{"null nodes", `[{"id":1},{"id":2}]`, `null`, "members: nodes is null"},
	}
	q := thingsQuery()
	q.Selection = &schemas.Selection{Fields: []*schemas.Field{scalar("id"), connField("members", scalar("id"))}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := strings.Replace(whole, test.old, test.new, 1)
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }))
			_, err := Open(c, q).Fetch(t.Context(), Window{Size: 2})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestFetchNestedEndless meets a connection that goes on for ever with nothing
// new.
func TestFetchNestedEndless(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		members := `"id":1,"members":{"pageInfo":{"hasNextPage":true,"endCursor":"MQ"},"nodes":[{"id":1}]}`
		if strings.Contains(string(text), "Rest") {
			_, _ = fmt.Fprintf(w, `{"data":{"thing":{%s}}}`, members)
			return
		}
		_, _ = fmt.Fprintf(w, `{"data":{"things":{"totalCount":1,"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},"nodes":[{%s}]}}}`, members)
	}))
	q := thingsQuery()
	q.Connection.Single = "thing"
	q.Selection = &schemas.Selection{Fields: []*schemas.Field{scalar("id"), connField("members", scalar("id"))}}
	_, err := Open(c, q).Fetch(t.Context(), Window{Size: 2})
	if err == nil || !strings.Contains(err.Error(), "no new node and hasNextPage true") {
		t.Errorf("got %v", err)
	}
}
