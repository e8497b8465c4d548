package demoapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// plain is a server without options that tests share; its data never change.
var plain = sync.OnceValue(func() *Server {
	s, err := New(Options{Requests: -1})
	if err != nil {
		panic(err)
	}
	return s
})

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Requests == 0 {
		o.Requests = -1
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// post sends a query in process and gives the recorded answer.
func post(s *Server, query string, variables map[string]any) *httptest.ResponseRecorder {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	r := httptest.NewRequest(http.MethodPost, "/api/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// ask gives the text of an answer, which must be 200.
func ask(t testing.TB, s *Server, query string) string {
	t.Helper()
	w := post(s, query, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", query, w.Code, w.Body)
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%s: not JSON: %.200s", query, w.Body)
	}
	return w.Body.String()
}

// get decodes the data of an answer without errors.
func get[T any](t testing.TB, s *Server, query string) T {
	t.Helper()
	text := ask(t, s, query)
	var out struct {
		Data   T
		Errors []any
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v: %.300s", query, err, text)
	}
	if len(out.Errors) > 0 {
		t.Fatalf("%s: %.600s", text[max(0, strings.Index(text, `"errors"`)):], query)
	}
	return out.Data
}

// cursor is the text of a 1-based offset.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset)))
}

// list is what tests read of a connection.
type list struct {
	Nodes      []struct{ ID int }
	Edges      []struct{ Cursor string }
	TotalCount int
	PageCount  int
	PageInfo   struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       string
	}
}

// connection asks for a page of ids with the given arguments.
func connection(t testing.TB, s *Server, field string) list {
	t.Helper()
	data := get[map[string]list](t, s, "{ c: "+field+" { nodes { id } edges { cursor } totalCount pageCount"+
		" pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }")
	return data["c"]
}

func (l list) ids() []int {
	out := make([]int, len(l.Nodes))
	for i, n := range l.Nodes {
		out[i] = n.ID
	}
	return out
}

func TestAnswersInSelectionOrder(t *testing.T) {
	const query = `query A($id: Int!, $no: Boolean!) {
		item: evidenceItem(id: $id) { ...F status name @skip(if: true) link @include(if: $no) x: id __typename
			molecularProfile { parsedName { __typename ... on Feature { id } ... on Variant { name } } } }
		none: evidenceItem(id: 99999999) { id }
	}
	fragment F on EvidenceItem { id status }`
	id := connection(t, plain(), "evidenceItems(first: 1)").ids()[0]
	got := post(plain(), query, map[string]any{"id": id, "no": false}).Body.String()
	for _, want := range []string{`{"data":{"item":{"id":`, `,"status":"`, `,"x":`, `,"__typename":"EvidenceItem","molecularProfile":{"parsedName":[{"__typename":"Feature","id":`,
		`{"__typename":"Variant","name":"`, `"none":null}}`} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %s: %s", want, got)
		}
	}
	if strings.Contains(got, "link") || strings.Contains(got, `"name":"EID`) {
		t.Errorf("skipped fields are answered: %s", got)
	}
}
