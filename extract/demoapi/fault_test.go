package demoapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	good := map[string]Fault{
		"503":             {Kind: "503"},
		"503@3x2":         {Kind: "503", Request: 3, Times: 2},
		"429@10x*":        {Kind: "429", Request: 10, Times: -1},
		"poison=1234":     {Kind: "poison", Value: 1234},
		"slow=2s@1":       {Kind: "slow", Delay: 2 * time.Second, Request: 1, Times: 1},
		"html@2~MTAw":     {Kind: "html", Request: 2, Times: 1, Match: "MTAw"},
		"clamp=50":        {Kind: "clamp", Value: 50},
		"shuffle":         {Kind: "shuffle"},
		"remove=3~@weird": {Kind: "remove", Value: 3, Match: "@weird"},
	}
	for text, want := range good {
		if got, err := ParseFault(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	bad := map[string]string{
		"":           `unknown fault ""; faults are 400 to 599, html`,
		"200":        "unknown fault",
		"nope":       "unknown fault",
		"poison":     "fault poison needs a number above zero: poison=12",
		"poison=0":   "needs a number",
		"slow":       "fault slow needs a duration: slow=2s",
		"slow=x":     `"x" is neither a number nor a duration`,
		"html=3":     "takes no value",
		"503@0":      "not a request number",
		"503@":       "not a request number",
		"503@3x0":    "not a number of times",
		"503@3x":     "not a number of times",
		"clamp=-5@2": "needs a number",
	}
	for text, want := range bad {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	if _, err := New(Options{Faults: Faults{{Kind: "nope"}}}); err == nil {
		t.Error("New takes a fault it does not know")
	}
}

func FuzzParseFault(f *testing.F) {
	for _, s := range []string{"503@3x2", "poison=12", "slow=1s~x", "@", "=", "~"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		if _, err := countedFaults([]Fault{fault}); err != nil {
			t.Errorf("%q parses, and is refused: %v", text, err)
		}
	})
}

// faulty is a server over the network with the faults, and a client of it.
func faulty(t *testing.T, faults ...string) (*httptest.Server, *http.Client) {
	t.Helper()
	o := Options{}
	for _, text := range faults {
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	server := httptest.NewServer(newServer(t, o))
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() { client.CloseIdleConnections(); server.Close() })
	return server, client
}

// fetch asks for ten evidence items over the network.
func fetch(ctx context.Context, server *httptest.Server, client *http.Client) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(`{"query":"{ evidenceItems(first: 10) { nodes { id description } } }"}`))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestFaultsOfTransport(t *testing.T) {
	whole := func(status int, body string, err error) bool {
		return err == nil && status == 200 && json.Valid([]byte(body)) && !strings.Contains(body, "errors")
	}
	tests := map[string]func(status int, body string, err error) bool{
		"503": func(s int, b string, err error) bool { return err == nil && s == 503 && strings.Contains(b, "<html>") },
		"404": func(s int, b string, err error) bool { return err == nil && s == 404 && strings.Contains(b, "<html>") },
		"429": func(s int, b string, err error) bool { return err == nil && s == 429 && b == "" },
		"html": func(s int, b string, err error) bool {
			return err == nil && s == 200 && strings.HasPrefix(b, "<!DOCTYPE html>")
		},
		"cut": func(s int, b string, err error) bool {
			return err == nil && s == 200 && !json.Valid([]byte(b)) && len(b) > 0
		},
		"length": func(s int, _ string, err error) bool { return s == 200 && errors.Is(err, io.ErrUnexpectedEOF) },
		"reset": func(_ int, _ string, err error) bool {
			return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
		},
		"hang": func(_ int, _ string, err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		"null": func(s int, b string, err error) bool {
			return err == nil && s == 200 && json.Valid([]byte(b)) && strings.Contains(b, `"data":null`) && strings.Contains(b, `"errors":[`)
		},
		"partial": func(s int, b string, err error) bool {
			return err == nil && s == 200 && json.Valid([]byte(b)) && strings.Contains(b, `"data":{"evid`) && strings.Contains(b, `"errors":[`)
		},
		"slow=60ms": whole,
		"wait=60ms": whole,
	}
	for text, as := range tests {
		t.Run(text, func(t *testing.T) {
			server, client := faulty(t, text+"@2")
			for i := 1; i <= 3; i++ {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if text == "hang" && i == 2 {
					cancel()
					ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
				}
				start := time.Now()
				status, body, err := fetch(ctx, server, client)
				cancel()
				if i != 2 && !whole(status, body, err) {
					t.Errorf("request %d is hit: %d %.100s %v", i, status, body, err)
				}
				if i == 2 && !as(status, body, err) {
					t.Errorf("request 2: %d %.200s %v", status, body, err)
				}
				if strings.HasSuffix(text, "60ms") && i == 2 && time.Since(start) < 50*time.Millisecond {
					t.Errorf("answered after %s", time.Since(start))
				}
			}
		})
	}
}

func TestFaultsByMatchAndFunction(t *testing.T) {
	s := newServer(t, Options{
		Faults: Faults{{Kind: "500", Match: "diseases", Request: 2, Times: 2}},
		FaultAt: func(n int) Fault {
			if n == 6 {
				return Fault{Kind: "502"}
			}
			return Fault{}
		}})
	var got []int
	for _, q := range []string{"diseases", "therapies", "diseases", "diseases", "diseases", "therapies", "therapies"} {
		got = append(got, post(s, "{ "+q+" { totalCount } }", nil).Code)
	}
	if want := []int{200, 200, 500, 500, 200, 502, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func withFaults(t *testing.T, faults ...Fault) *Server {
	t.Helper()
	return newServer(t, Options{Faults: faults})
}

func TestPoison(t *testing.T) {
	ids := connection(t, plain(), "evidenceItems(first: 10)").ids()
	s := withFaults(t, Fault{Kind: "poison", Value: ids[4]})
	for range 2 {
		if got := ask(t, s, "{ evidenceItems(first: 10) { nodes { id } } }"); !strings.Contains(got, `"data":null`) || !strings.Contains(got, "Oncogenic") {
			t.Errorf("the poisoned page: %s", got)
		}
	}
	if got := ask(t, s, fmt.Sprintf("{ evidenceItem(id: %d) { id } }", ids[4])); !strings.Contains(got, `{"data":{"evidenceItem":null},"errors":[`) {
		t.Errorf("the poisoned record: %s", got)
	}
	if got := connection(t, s, `evidenceItems(first: 10, after: "`+cursor(5)+`")`).ids(); !slices.Equal(got[:5], ids[5:]) {
		t.Errorf("the page behind: %v", got)
	}
	if got := connection(t, s, fmt.Sprintf("evidenceItems(ids: [%d])", ids[3])).ids(); len(got) != 1 {
		t.Errorf("another by id: %v", got)
	}
}

func TestNewCode(t *testing.T) {
	ids := connection(t, plain(), "evidenceItems(first: 3)").ids()
	s := withFaults(t, Fault{Kind: "enum", Value: ids[1]})
	got := ask(t, s, "{ evidenceItems(first: 3) { nodes { __typename significance } } }")
	if strings.Count(got, `{"__typename":"EvidenceItem","significance":"SYN_NEW_CODE"}`) != 1 || strings.Contains(got, "errors") {
		t.Errorf("%s", got)
	}
}

func TestFaultsOfPages(t *testing.T) {
	whole := connection(t, plain(), "diseases").ids()
	if got := connection(t, withFaults(t, Fault{Kind: "clamp", Value: 50}), "diseases(first: 100)"); len(got.Nodes) != 50 || !got.PageInfo.HasNextPage {
		t.Errorf("clamp: %d", len(got.Nodes))
	}
	if got := connection(t, withFaults(t, Fault{Kind: "drop"}), "diseases").ids(); len(got) != 99 {
		t.Errorf("drop: %d", len(got))
	}
	got := connection(t, withFaults(t, Fault{Kind: "duplicate"}), "diseases").ids()
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); len(got) != 100 || n != 99 {
		t.Errorf("duplicate: %d, %d different", len(got), n)
	}
	if got := connection(t, withFaults(t, Fault{Kind: "more"}), "diseases"); len(got.Nodes) != 0 || !got.PageInfo.HasNextPage || got.TotalCount < 100 {
		t.Errorf("more: %+v", got.PageInfo)
	}
	if again := connection(t, plain(), "diseases").ids(); !slices.Equal(whole, again) {
		t.Error("a fault of one server shows in another")
	}
}

// TestEdits pages through diseases while they are edited: what offsets miss.
func TestEdits(t *testing.T) {
	total := connection(t, plain(), "diseases").TotalCount
	for kind, change := range map[string]int{"remove": -1, "insert": 1, "move": 0} {
		s := withFaults(t, Fault{Kind: kind, Value: 2})
		first := connection(t, s, "diseases(first: 100)").TotalCount
		seen := map[int]int{}
		for page := range 40 {
			for _, id := range connection(t, s, fmt.Sprintf("diseases(first: 10, after: %q)", cursor(page*10))).ids() {
				seen[id]++
			}
		}
		last := connection(t, s, "diseases(first: 1)").TotalCount
		if want := max(min((last-first)*change, 12), 0); change != 0 && want < 10 || change == 0 && first != last {
			t.Errorf("%s: totalCount goes from %d to %d of %d", kind, first, last, total)
		}
		repeated := 0
		for _, n := range seen {
			repeated += n - 1
		}
		if repeated == 0 && kind != "remove" {
			t.Errorf("%s: no row was repeated", kind)
		}
		if len(seen) >= total {
			t.Errorf("%s: no row was missed: %d of %d", kind, len(seen), total)
		}
	}
}

func TestFaultsOfIDsAndCounts(t *testing.T) {
	all := connection(t, plain(), "diseases(first: 1)").TotalCount
	asked := "diseases(ids: [21, 22, 24])"
	tests := []struct {
		fault string
		query string
		want  []int // nil: the first page of all
		total int
	}{
		{"noids", asked, nil, all},
		{"otherids=2", asked, []int{19, 20, 22}, 3},
		{"someids=11", asked, []int{21, 24}, 2},
		{"total=5", asked, []int{21, 22, 24}, 8},
		{"total=-5", asked, []int{21, 22, 24}, 0},
	}
	for _, test := range tests {
		f, err := ParseFault(test.fault)
		if err != nil {
			t.Fatal(err)
		}
		got := connection(t, withFaults(t, f), test.query)
		ids := got.ids()
		slices.Sort(ids)
		if got.TotalCount != test.total || test.want == nil && len(ids) != 100 || test.want != nil && !slices.Equal(ids, test.want) {
			t.Errorf("%s: ids %v of %d", test.fault, ids, got.TotalCount)
		}
	}
	for kind, want := range map[string]string{"nocursor": `"endCursor":null`, "samecursor": `"endCursor":"MQ"`} {
		if got := ask(t, withFaults(t, Fault{Kind: kind}), "{ diseases(first: 9) { pageInfo { hasNextPage endCursor } } }"); !strings.Contains(got, `"hasNextPage":true,`+want) {
			t.Errorf("%s: %s", kind, got)
		}
	}
	inner := get[struct {
		VariantGroup struct {
			Variants struct{ Nodes []struct{ ID int } }
		}
	}](t, plain(), "{ variantGroup(id: 1) { variants { nodes { id } } } }").VariantGroup.Variants.Nodes[0].ID
	got := ask(t, withFaults(t, Fault{Kind: "inner", Value: inner}), "{ variantGroups(first: 50) { nodes { id variants { nodes { id } } } } }")
	if !strings.HasPrefix(got, `{"data":null,"errors":`) || !strings.Contains(got, fmt.Sprint(inner)) {
		t.Errorf("inner: %.200s", got)
	}
}

// TestEditsAtTheFront takes the records with the lowest ids away, and others
// appear there; what was done stays when no more is done.
func TestEditsAtTheFront(t *testing.T) {
	page := "evidenceItems(first: 3, sortBy: {column: ID, direction: ASC})"
	low := connection(t, plain(), "evidenceItems(first: 40, sortBy: {column: ID, direction: ASC})").ids()
	s := withFaults(t, Fault{Kind: "behead", Value: 1, Request: 1, Times: 3}, Fault{Kind: "prepend", Value: 2, Request: 1, Times: 5})
	want := [][]int{low[12:15], low[13:16], {low[11], low[14], low[15]}, {low[11], low[14], low[15]}, low[10:12], low[10:12]}
	for i, ids := range want {
		if got := connection(t, s, page).ids(); !slices.Equal(got[:len(ids)], ids) {
			t.Errorf("request %d: %v, want %v", i+1, got, ids)
		}
	}
}
