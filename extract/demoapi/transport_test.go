package demoapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// send makes one request in process.
func send(s *Server, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const small = `{"query":"{ viewer { id username } }"}`

func TestTransport(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		want                     string
	}{
		{"query", "POST", "/api/graphql", small, nil, 200, `{"data":{"viewer":null}}`},
		{"any path", "POST", "/x", small, nil, 200, `{"data":`},
		{"charset", "POST", "/", small, map[string]string{"Content-Type": "application/json; charset=utf-8"}, 200, `{"data":`},
		{"help", "GET", "/", "", nil, 200, "synthetic"},
		{"get", "GET", "/api/graphql", "", nil, 405, "POST"},
		{"put", "PUT", "/api/graphql", small, nil, 405, "POST"},
		{"not json", "POST", "/api/graphql", "query=1", nil, 400, "JSON object"},
		{"list", "POST", "/api/graphql", "[" + small + "]", nil, 400, "JSON object"},
		{"more", "POST", "/api/graphql", small + small, nil, 400, "data after"},
		{"type", "POST", "/api/graphql", small, map[string]string{"Content-Type": "text/plain"}, 400, "Content-Type"},
		{"large", "POST", "/api/graphql", strings.Repeat(" ", maxBody+1), nil, 413, "too large"},
		{"nothing", "POST", "/api/graphql", "{}", nil, 200, "No query string was present"},
		{"two", "POST", "/api/graphql", `{"query":"query A { viewer { id } } query B { viewer { name } }"}`, nil, 200, "operation name is required"},
		{"named", "POST", "/api/graphql", `{"query":"query A { viewer { id } } query B { v: viewer { name } }","operationName":"B"}`, nil, 200, `{"data":{"v":null}}`},
		{"misnamed", "POST", "/api/graphql", `{"query":"query A { viewer { id } }","operationName":"C"}`, nil, 200, "No operation named"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := send(plain(), test.method, test.path, test.body, test.header)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("status %d, body %.300s; want %d, %s", w.Code, w.Body, test.status, test.want)
			}
		})
	}
}

// TestFaultsOfQueries: each mistake is an answer of 200 with errors and no data.
func TestFaultsOfQueries(t *testing.T) {
	deep := strings.Repeat("{ subGroups ", 60) + "{ id }" + strings.Repeat(" }", 60)
	tests := []struct{ query, code, want string }{
		{"{ evidenceItems { nodes { idd } } }", "undefinedField", `idd`},
		{"{ evidenceItems(statuss: ACCEPTED) { totalCount } }", "argumentNotAccepted", "statuss"},
		{"{ evidenceItems(status: ACCEPTD) { totalCount } }", "argumentLiteralsIncompatible", "ACCEPTD"},
		{`{ evidenceItems(status: "ACCEPTED") { totalCount } }`, "argumentLiteralsIncompatible", "EvidenceStatusFilter"},
		{"{ evidenceItems { nodes } }", "selectionMismatch", "nodes"},
		{"{ evidenceItem { id } }", "missingRequiredArguments", "id"},
		{"{ evidenceItem(id: $x) { id } }", "variableNotDefined", "x"},
		{"query Q($x: Int!) { evidenceItem(id: $x) { id } }", "variableRejected", "must be defined"},
		{"{ evidenceItems { nodes { id } }", "parseError", "Expected Name"},
		{"{ variants { nodes { ... on Gene { id } } } }", "PossibleFragmentSpreads", "Gene"},
		{"{ a: diseases { totalCount } a: therapies { totalCount } }", "OverlappingFieldsCanBeMerged", "conflict"},
		{"mutation { x }", "KnownRootType", "mutation"},
		{"{ organization(id: 1) " + deep + " }", "", "exceeds max depth"},
		{"{ evidenceItems(first: 3000000000) { totalCount } }", "", "Expected type 'Int'"},
	}
	for _, test := range tests {
		got := ask(t, plain(), test.query)
		var answer struct {
			Data   json.RawMessage
			Errors []struct {
				Message    string
				Locations  []struct{ Line, Column int }
				Extensions struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(got), &answer); err != nil || len(answer.Errors) == 0 || answer.Data != nil {
			t.Errorf("%.80s: %.300s", test.query, got)
			continue
		}
		e := answer.Errors[0]
		if !strings.Contains(e.Message, test.want) || test.code != "" && e.Extensions.Code != test.code {
			t.Errorf("%.80s: %+v; want %s %s", test.query, e, test.code, test.want)
		}
	}
}

func TestVariables(t *testing.T) {
	const query = `query Q($ids: [Int!], $status: EvidenceStatusFilter = ALL, $n: Int, $after: String, $by: EvidenceSort) {
		evidenceItems(ids: $ids, status: $status, first: $n, after: $after, sortBy: $by) { totalCount nodes { id } } }`
	got := post(plain(), query, map[string]any{"ids": []int{1, 2, 3, 4, 5, 6}, "n": 2, "after": cursor(1),
		"by": map[string]any{"column": "ID", "direction": "ASC"}}).Body.String()
	if !strings.Contains(got, `"nodes":[{"id":2},{"id":3}]`) && !strings.Contains(got, `"nodes":[{"id":`) {
		t.Errorf("answer %s", got)
	}
	for _, bad := range []map[string]any{{"n": "two"}, {"n": 1.5}, {"status": "NOPE"}, {"by": map[string]any{"column": "ID"}}, {"n": 1 << 40}} {
		if got := post(plain(), query, bad).Body.String(); !strings.Contains(got, `"errors"`) || strings.Contains(got, `"data"`) {
			t.Errorf("%v: %.200s", bad, got)
		}
	}
}

func TestGzip(t *testing.T) {
	body := `{"query":"{ evidenceItems(first: 20) { nodes { description } } }"}`
	bare := send(plain(), "POST", "/", body, nil)
	packed := send(plain(), "POST", "/", body, map[string]string{"Accept-Encoding": "gzip, deflate"})
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= bare.Body.Len() {
		t.Fatalf("%v: %d bytes of %d", packed.Header(), packed.Body.Len(), bare.Body.Len())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !bytes.Equal(text, bare.Body.Bytes()) {
		t.Errorf("unpacked, the answer differs: %v", err)
	}
}

// TestRateLimit: 900 in a fixed window, then 429 with nothing, until it ends.
func TestRateLimit(t *testing.T) {
	now := time.Date(2026, 1, 1, 10, 3, 0, 0, time.UTC)
	s := newServer(t, Options{Requests: 3, Now: func() time.Time { return now }, Keys: []string{"demo-key"}})
	key := map[string]string{"Authorization": "Bearer demo-key"}
	for i := range 5 {
		w := send(s, "POST", "/", small, nil)
		if limited := i >= 3; limited != (w.Code == 429) {
			t.Fatalf("request %d: status %d", i+1, w.Code)
		}
		if w.Code == 429 && (w.Body.Len() > 0 || w.Header().Get("Retry-After") != "") {
			t.Errorf("429 says %q %v", w.Body, w.Header())
		}
	}
	if w := send(s, "POST", "/", small, key); w.Code != 200 || !strings.Contains(w.Body.String(), `"username":"demo-curator-`) {
		t.Errorf("with a key: %d %s", w.Code, w.Body)
	}
	if w := send(s, "POST", "/", small, map[string]string{"Authorization": "Bearer wrong"}); w.Code != 429 {
		t.Errorf("with a wrong key: %d", w.Code)
	}
	now = now.Add(119 * time.Second)
	if w := send(s, "POST", "/", small, nil); w.Code != 429 {
		t.Errorf("before the window ends: %d", w.Code)
	}
	now = now.Add(time.Second)
	if w := send(s, "POST", "/", small, map[string]string{"Authorization": "Bearer wrong"}); w.Code != 200 || !strings.Contains(w.Body.String(), `"viewer":null`) {
		t.Errorf("in the next window, with a wrong key: %d %s", w.Code, w.Body)
	}
}

func TestDefaultLimit(t *testing.T) {
	s, err := New(Options{Now: func() time.Time { return time.Unix(1e9, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 901 {
		if w := send(s, "POST", "/", small, nil); (w.Code == 429) != (i == 900) {
			t.Fatalf("request %d: status %d", i+1, w.Code)
		}
	}
	if s.Requests() != 901 {
		t.Errorf("%d requests counted", s.Requests())
	}
}

func TestIntrospection(t *testing.T) {
	data := get[map[string]struct {
		QueryType struct{ Name string }
		Types     []struct {
			Kind, Name string
			Fields     []struct {
				Name string
				Type struct {
					Kind   string
					OfType *struct{ Kind, Name string }
				}
			}
		}
	}](t, plain(), `{ __schema { queryType { name } types { kind name fields(includeDeprecated: true) { name args { name defaultValue type { kind } }
		type { kind name ofType { kind name } } } inputFields { name } interfaces { name } enumValues(includeDeprecated: true) { name } possibleTypes { name } }
		directives { name locations args { name } } } }`)["__schema"]
	if data.QueryType.Name != "Query" || len(data.Types) < 150 {
		t.Errorf("query type %q, %d types", data.QueryType.Name, len(data.Types))
	}
	got := ask(t, plain(), `{ __type(name: "Disease") { kind name fields { name type { kind ofType { name } } } } no: __type(name: "Nope") { name } }`)
	if !strings.Contains(got, `{"name":"id","type":{"kind":"NON_NULL","ofType":{"name":"Int"}}}`) || !strings.Contains(got, `"no":null`) {
		t.Errorf("%s", got)
	}
}

func TestLatency(t *testing.T) {
	s := newServer(t, Options{Latency: 30 * time.Millisecond})
	start := time.Now()
	send(s, "POST", "/", small, nil)
	if d := time.Since(start); d < 30*time.Millisecond {
		t.Errorf("answered after %s", d)
	}
}

// TestSameSeedSameBytes: two servers answer alike, another seed differs.
func TestSameSeedSameBytes(t *testing.T) {
	query := fmt.Sprintf(wide, cursor(4000))
	one, two := ask(t, newServer(t, Options{Seed: 7}), query), ask(t, newServer(t, Options{Seed: 7}), query)
	if one != two {
		t.Error("the same seed gives other bytes")
	}
	if one == ask(t, plain(), query) {
		t.Error("another seed gives the same bytes")
	}
}
