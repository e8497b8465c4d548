package extract

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestFetchNestedThatMoves changes a record after its page was read: for one request, or for good. The list is what
// the record has in the end, or it is unproven.
func TestFetchNestedThatMoves(t *testing.T) {
	without := func(first int) []int { return slices.Delete(upTo(250), first-1, first) }
	moved := slices.Concat(upTo(99), []int{101}, upTo(250)[101:], []int{100})
	tests := []struct {
		name     string
		to       conn // what the record is for the follow-up queries
		want     []int
		unproven string
		err      string
	}{
		{"one member less", withMemberIDs(without(1)...), without(1), "", ""},
		{"one more in front", withMemberIDs(append([]int{999}, upTo(250)...)...), append([]int{999}, upTo(250)...), "", ""},
		{"one moves to a later page", withMemberIDs(moved...), moved, "", ""},
		{"one instead of another", withMemberIDs(append(without(1), 999)...), append(without(1), 999), "", ""},
		{"a member twice", withMemberIDs(slices.Insert(upTo(250), 120, 5)...), nil,
			"members of record 1: received 250 different nodes, and the API counts 251", ""},
		{"fewer than had come", withMemberIDs(1, 2, 3), []int{1, 2, 3}, "", ""},
		{"the record gone", things(2), nil, "", "members of record 1: the server's data changed"},
	}
	for _, test := range tests {
		for _, forGood := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, for good %t", test.name, forGood), func(t *testing.T) {
				api := &tree{most: 100, single: map[string]string{"thing": "things"}, root: map[string]conn{}}
				api.hook = func(tr *tree, document string) {
					tr.root["things"] = withMemberIDs(upTo(250)...)
					if strings.Contains(document, "Rest") && (forGood || len(tr.asked) == 2) {
						tr.root["things"] = test.to
					}
				}
				want, unproven, failure := upTo(250), "", ""
				if forGood {
					want, unproven, failure = test.want, test.unproven, test.err
				}
				p, err := Open(serve(t, api), membersQuery()).Fetch(t.Context(), Window{Size: 100})
				if failure != "" {
					if err == nil || !strings.Contains(err.Error(), failure) {
						t.Errorf("got %v, want %q", err, failure)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkMembers(t, p, want, unproven)
			})
		}
	}
}

// checkMembers compares the members of the first record.
func checkMembers(t *testing.T, p *Page, want []int, unproven string) {
	t.Helper()
	var said string
	for _, u := range p.Unproven {
		said += u.What
	}
	if said != unproven {
		t.Errorf("unproven: %q, want %q", said, unproven)
	}
	var body struct {
		Data struct {
			Things struct {
				Nodes []struct {
					Members struct {
						TotalCount int
						Nodes      []struct{ ID int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(p.Body, &body); err != nil {
		t.Fatal(err)
	}
	members := body.Data.Things.Nodes[0].Members
	var got []int
	for _, n := range members.Nodes {
		got = append(got, n.ID)
	}
	if unproven == "" && (!slices.Equal(got, want) || members.TotalCount != len(want)) {
		t.Errorf("got %d members of %d: %v, want %d: %v", len(got), members.TotalCount, got, len(want), want)
	}
}

func membersQuery() *Query {
	q := thingsQuery()
	q.Connection.Single = "thing"
	q.Selection = &schemas.Selection{Fields: []*schemas.Field{scalar("id"), connField("members", scalar("id"))}}
	return q
}

// TestFetchNestedFromBadServers holds one list against servers that lose nodes in it: what is not unproven is whole.
func TestFetchNestedFromBadServers(t *testing.T) {
	shuffled := func(tr *tree, ids []int) conn {
		x := rand.New(rand.NewPCG(uint64(len(tr.asked)), 1))
		x.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		return withMemberIDs(ids...)
	}
	tests := []struct {
		name     string
		members  func(*tree) conn
		edit     func(answer string) string // of every answer, or of the first
		first    bool
		want     int
		unproven string
	}{
		{"ties in any order", func(tr *tree) conn { return shuffled(tr, upTo(257)) }, nil, false, 257, ""},
		{"an early end", nil, func(a string) string { return strings.Replace(a, `"hasNextPage":true`, `"hasNextPage":false`, 1) }, true, 250, ""},
		{"always an early end", nil, func(a string) string { return strings.ReplaceAll(a, `"hasNextPage":true`, `"hasNextPage":false`) }, false, 250, ""},
		{"one node twice, another missing", nil, func(a string) string { return strings.Replace(a, `{"id":7}`, `{"id":8}`, 1) }, true, 250, ""},
		{"always so", nil, func(a string) string { return strings.Replace(a, `{"id":7}`, `{"id":8}`, 1) }, false, 0,
			"members of record 1: received 249 different nodes, and the API counts 250"},
		{"one node missing", nil, func(a string) string { return strings.Replace(a, `{"id":7},`, ``, 1) }, true, 250, ""},
		{"a total too high", nil, func(a string) string { return strings.ReplaceAll(a, `"totalCount":250`, `"totalCount":251`) }, false, 0,
			"members of record 1: received 250 different nodes, and the API counts 251"},
		{"a total too low", nil, func(a string) string { return strings.ReplaceAll(a, `"totalCount":250`, `"totalCount":249`) }, false, 0,
			"members of record 1: received 0 different nodes, and the API counts 249"},
		{"a total of another moment", nil, func(a string) string { return strings.ReplaceAll(a, `"totalCount":250`, `"totalCount":251`) }, true, 250, ""},
		{"no nodes", func(*tree) conn { return withMemberIDs() }, nil, false, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := &tree{most: 100, single: map[string]string{"thing": "things"}, root: map[string]conn{}}
			api.hook = func(tr *tree, _ string) {
				if tr.root["things"] = withMemberIDs(upTo(250)...); test.members != nil {
					tr.root["things"] = test.members(tr)
				}
			}
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				api.ServeHTTP(rec, r)
				answer := rec.Body.String()
				if test.edit != nil && (!test.first || api.requests() == 1) {
					answer = test.edit(answer)
				}
				_, _ = fmt.Fprint(w, answer)
			}))
			p, err := Open(c, membersQuery()).Fetch(t.Context(), Window{Size: 100})
			if err != nil {
				t.Fatal(err)
			}
			checkMembers(t, p, upTo(test.want), test.unproven)
		})
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
		`{"id":1,"members":{"totalCount":2,"pageInfo":{"hasNextPage":true,"endCursor":"Mg"},"nodes":[{"id":1},{"id":2}]}}]}}}`
	tests := []struct{ name, old, new, want string }{
		{"empty page with a next one", `[{"id":1},{"id":2}]`, `[]`, "an empty page of a nested connection"},
		{"wrong cursor", `"Mg"`, `"Mw"`, "no longer pages by offset"},
		{"no pageInfo", `2,"pageInfo"`, `2,"info"`, "members: a connection without pageInfo.hasNextPage"},
		{"no totalCount", `"totalCount":2,`, ``, "members: a connection without totalCount"},
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

// TestFetchNestedEndless meets connections that always say that more follows: with the same node, or with none.
func TestFetchNestedEndless(t *testing.T) {
	for nodes, want := range map[string]string{`{"id":1}`: "no longer pages by offset", ``: "no new node and hasNextPage true"} {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			const members = `"id":1,"members":{"totalCount":1,"pageInfo":{"hasNextPage":true,"endCursor":"MQ"},"nodes":[%s]}`
			if strings.Contains(string(text), "Rest") {
				_, _ = fmt.Fprintf(w, `{"data":{"thing":{`+members+`}}}`, nodes)
				return
			}
			_, _ = fmt.Fprintf(w, `{"data":{"things":{"totalCount":1,"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},`+
				`"nodes":[{`+members+`}]}}}`, `{"id":1}`)
		}))
		_, err := Open(c, membersQuery()).Fetch(t.Context(), Window{Size: 2})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
