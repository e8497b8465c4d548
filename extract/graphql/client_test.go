package graphql

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const key = "sEcReT-kEy"

func withKey(o *Options) { o.APIKey = key }

func TestDoSends(t *testing.T) {
	var got *http.Request
	var body map[string]any
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		_ = json.NewDecoder(r.Body).Decode(&body)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, good)
		_ = z.Close()
	}), withKey, func(o *Options) { o.UserAgent = "civic-etl/1.2 (+https://example.org)" })
	answer, err := c.Do(t.Context(), "query Things($first: Int) { x }", map[string]any{"first": 3})
	if err != nil || string(answer.Body) != good {
		t.Fatalf("%v", err)
	}
	headers := map[string]string{
		"Content-Type": "application/json", "Accept-Encoding": "gzip", "Authorization": "Bearer " + key,
		"User-Agent": "civic-etl/1.2 (+https://example.org)", "Idempotency-Key": "",
	}
	for name, want := range headers {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	want := map[string]any{"query": "query Things($first: Int) { x }", "operationName": "Things", "variables": map[string]any{"first": 3.0}}
	if got.Method != http.MethodPost || !reflect.DeepEqual(body, want) {
		t.Errorf("%s %v, want %v", got.Method, body, want)
	}
	if s := c.Stats(); s.Requests != 1 || s.Retries != 0 || s.Bytes <= 0 || s.Bytes >= int64(len(good))+40 {
		t.Errorf("%+v", s)
	}
}

func TestNewClientRefuses(t *testing.T) {
	tests := []struct{ endpoint, key, want string }{
		{"", "", `endpoint "" is not an http or https URL`},
		{"civicdb.org/api", "", "is not an http or https URL"},
		{"ftp://civicdb.org", "", "is not an http or https URL"},
		{"https://", "", "is not an http or https URL"},
		{"https://me:pass@civicdb.org/", "", "contains a user name or password"},
		{"https://me:pa%ss@civicdb.org/", "", "endpoint is not a URL"},
		{"http://civicdb.org/api/graphql", key, "an API key is never sent over plain http; use https://civicdb.org/api/graphql"},
		{"http://10.0.0.1/api", key, "an API key is never sent over plain http"},
		{"http://localhost.evil.org/api", key, "an API key is never sent over plain http"},
		{"https://civicdb.org", "two words", "the API key contains a space"},
		{"https://civicdb.org", "li\nne", "the API key contains a space, a line break"},
	}
	for _, test := range tests {
		_, err := NewClient(Options{Endpoint: test.endpoint, APIKey: test.key})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.endpoint, err, test.want)
		}
		if err != nil && (test.key != "" && strings.Contains(err.Error(), test.key) || strings.Contains(err.Error(), "pass")) &&
			!strings.Contains(err.Error(), "password") {
			t.Errorf("%v shows a secret", err)
		}
	}
	for _, endpoint := range []string{"http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost/", "https://civicdb.org"} {
		if _, err := NewClient(Options{Endpoint: endpoint, APIKey: " " + key + "\n"}); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

// lasting are answers that asking again does not change: one request each.
func TestDoDoesNotRetry(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"404", 404, "<h1>Not\nhere</h1>", `404 Not Found from http://127.0.0.1:`},
		{"404 quoted", 404, "<h1>Not\nhere</h1>", `beginning "<h1>Not here</h1>"; check that the endpoint is a GraphQL API`},
		{"405 empty", 405, "", "405 Method Not Allowed from"},
		{"401", 401, "", "401 Unauthorized; the server denies access"},
		{"403", 403, "blocked", "403 Forbidden; the server denies access"},
		{"201", 201, good, "201 Created from"},
		{"300 without a place to go", 301, "", "301 Moved Permanently from"},
		{"400 with errors", 400, `{"errors":[{"message":"no such field x"}]}`, "400 Bad Request: no such field x"},
		{"invalid query", 200, `{"errors":[{"message":"Field 'x' doesn't exist on type 'Query'","locations":[{"line":2,"column":3}],"path":["query T","x"],"extensions":{"code":"undefinedField"}}]}`,
			"the API refuses the query: Field 'x' doesn't exist on type 'Query' at query T.x (line 2, column 3 of the query); its schema may have changed"},
		{"invalid query, no code", 200, `{"errors":[{"message":"no x","locations":[{"line":2,"column":3}]}]}`, "the API refuses the query: no x (line 2"},
		{"invalid query, data null", 200, `{"data":null,"errors":[{"message":"bad","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`, "the API refuses the query: bad"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if n := c.Stats().Requests; n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// TestDoRetriesErrors that do not say that the query is at fault.
func TestDoRetriesErrors(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"two errors", `{"errors":[{"message":"one"},{"message":"two"}]}`, "one, and 1 more"},
		{"errors of another kind", `{"errors":"all\u001b broken"}`, "an error without a message"},
		{"message of another kind", `{"errors":[{"message":7,"path":8,"locations":9,"extensions":10}]}`, "an error without a message"},
		{"nasty message", `{"errors":[{"message":"a\u001b[2Jb\nc"}]}`, "a\uFFFD[2Jb c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.body) }))
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || c.Stats().Requests != fewTries {
				t.Errorf("got  %v after %d requests\nwant %s", err, c.Stats().Requests, test.want)
			}
		})
	}
}

func TestDoErrorsBesideData(t *testing.T) {
	tests := []struct{ name, body string }{
		{"data null", `{"data":null,"errors":[{"message":"timeout","path":["things","nodes",3,"x"]}]}`},
		{"data with a hole", `{"errors":[{"message":"timeout","path":["things","nodes",3,"x"]}],"data":{"things":{"nodes":[null]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asked, mend := 0, 1<<30
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > mend {
					_, _ = io.WriteString(w, good)
					return
				}
				_, _ = io.WriteString(w, test.body)
			}), func(o *Options) { o.Retries = 8 })
			_, err := c.Do(t.Context(), "{ x }", nil)
			var failed *Error
			if !errors.As(err, &failed) || asked != fewTries || !failed.HasData {
				t.Fatalf("got %v after %d requests", err, asked)
			}
			want := Fault{Message: "timeout", Path: []any{"things", "nodes", 3.0, "x"}}
			if !reflect.DeepEqual(failed.Faults, []Fault{want}) {
				t.Errorf("got %+v", failed.Faults)
			}
			if got := err.Error(); got != "the API answered with an error: timeout at things.nodes[3].x (3 tries)" {
				t.Errorf("got %q", got)
			}
			asked, mend = 0, 1
			if _, err := c.Do(t.Context(), "{ x }", nil); err != nil || asked != 2 {
				t.Errorf("did not recover: %v", err)
			}
		})
	}
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":{"a":1},"errors":[],"extensions":{}}`)
	}))
	if _, err := c.Do(t.Context(), "{ a }", nil); err != nil {
		t.Errorf("an empty list of errors is none: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	var stolen []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	tests := []struct {
		status   int
		to, want string
	}{
		{307, other.URL + "/" + key, "another server; if that is the API's address"},
		{308, other.URL, "another server"},
		{302, other.URL, "another server"},
		{307, "https://127.0.0.1/", "another server"},
		{302, "/elsewhere", "without the query"},
		{303, "/elsewhere", "without the query"},
		{307, "/again", "too many times"},
		{307, "/right", ""},
		{308, "/right", ""},
	}
	for _, test := range tests {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path == "/right" && r.Method == http.MethodPost && strings.Contains(string(body), "{ x }") &&
				r.Header.Get("Authorization") == "Bearer "+key {
				_, _ = io.WriteString(w, good)
				return
			}
			w.Header().Set("Location", test.to)
			w.WriteHeader(test.status)
		}), withKey)
		_, err := c.Do(t.Context(), "{ x }", nil)
		if test.want == "" {
			if err != nil || c.Stats().Requests != 2 {
				t.Errorf("%d to %s: %v, %+v", test.status, test.to, err, c.Stats())
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "tries") {
			t.Errorf("%d to %s: got %v, want %q", test.status, test.to, err, test.want)
		}
	}
	if len(stolen) > 0 {
		t.Errorf("another server was asked: %q", stolen)
	}
}

func TestDoTransportErrors(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	resolve := func(e net.DNSError) func(*Options) {
		transport := newTransport()
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, &e }
		return func(o *Options) { o.Transport = transport }
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	none := func(*Options) {}
	tests := []struct {
		name, endpoint string
		set            func(*Options)
		requests       int
		want           string
	}{
		{"certificate", secure.URL, none, 1, "certificate signed by unknown authority; the server's certificate is not trusted"},
		{"http behind https", strings.Replace(plain.URL, "http", "https", 1), none, 1, "the endpoint seems to serve plain http"},
		{"no such host", "https://civicdb.invalid/api", resolve(net.DNSError{Err: "no such host", Name: "civicdb.invalid", IsNotFound: true}),
			1, "POST https://civicdb.invalid/api: lookup civicdb.invalid: no such host; check the endpoint's spelling and the network"},
		{"name server down", "https://civicdb.invalid/api", resolve(net.DNSError{Err: "server misbehaving", Name: "civicdb.invalid", IsTemporary: true}),
			3, "server misbehaving (3 tries)"},
		{"refused", "http://" + closed.Addr().String() + "/api?token=private", none, 3, "connection refused (3 tries)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, test.endpoint, test.set)
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || c.Stats().Requests != test.requests {
				t.Errorf("got %v after %d requests, want %q after %d", err, c.Stats().Requests, test.want, test.requests)
			}
			if strings.Contains(fmt.Sprint(err), "private") {
				t.Errorf("%v shows the endpoint's query", err)
			}
		})
	}
}

func TestViewer(t *testing.T) {
	tests := []struct {
		key, answer, user string
		ok                bool
		want              string
	}{
		{"", "", "", false, ""},
		{key, `{"data":{"viewer":null}}`, "", false, ""},
		{key, `{"data":{"viewer":{"id":7,"username":"kk"}}}`, "kk", true, ""},
		{key, `{"data":{"viewer":7}}`, "", false, "ask for the owner of the API key: "},
		{key, `{"errors":[{"message":"no"}]}`, "", false, "ask for the owner of the API key: the API answered with an error: no"},
	}
	for _, test := range tests {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+key {
				t.Error("the key did not come")
			}
			_, _ = io.WriteString(w, test.answer)
		}), func(o *Options) { o.APIKey = test.key })
		user, ok, err := c.Viewer(t.Context())
		if user != test.user || ok != test.ok || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q %t %v", test.answer, user, ok, err)
		}
	}
}
