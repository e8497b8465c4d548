package demoapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// FuzzQuery: whatever the text, the answer is JSON and nothing panics.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{
		wide, "{ viewer { id } }", "query Q($a: Int = 3) { evidenceItems(first: $a) { nodes { ...F } } } fragment F on EvidenceItem { id }",
		"{ variants(first: 2) { nodes { ... on FusionVariant { fusion { name } } ...G } } } fragment G on VariantInterface { ...G }",
		"{ __schema { types { name fields { args { defaultValue } } } } }", "{ evidenceItem(id: 99999999999999999999) { id } }",
		`{ evidenceItems(after: "/", ids: [1, null]) { edges { cursor } } }`, "subscription { x }", "{", "", "\x00", `{ __type(name: "Query") { name } }`,
		"{ evidenceItems @skip(if: $x) { totalCount } }", "{ evidenceItems @include(if: \"x\") { totalCount } }",
		`{ activities(occurredAfter: "x") { totalCount } }`, `{ users(organization: {ids: [1], name: "d"}) { totalCount } }`,
	} {
		f.Add(q, "{}")
	}
	f.Add("query Q($a: EvidenceSort!, $b: [Int!]) { evidenceItems(sortBy: $a, ids: $b, first: 1) { totalCount } }", `{"a":{"column":"ID"},"b":[1e3,"x",{}]}`)
	f.Fuzz(func(t *testing.T, query, variables string) {
		vars := map[string]any{}
		if json.Unmarshal([]byte(variables), &vars) != nil {
			vars = nil
		}
		w := post(plain(), query, vars)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("status %d: %.200s", w.Code, w.Body)
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"query":1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := send(plain(), "POST", "/", string(body), nil)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("status %d: %.200s", w.Code, w.Body)
		}
	})
}

// TestConcurrently asks one fresh server many things at once.
func TestConcurrently(t *testing.T) {
	s := newServer(t, Options{Shuffle: true, Faults: Faults{{Kind: "move", Value: 3}, {Kind: "503", Request: 5, Times: 2}}})
	queries := []string{
		"{ evidenceItems(first: 20) { nodes { id submissionEvent { createdAt } assertions { id } } } }",
		"{ molecularProfiles(first: 20) { nodes { molecularProfileScore evidenceItems { totalCount } } } }",
		"{ activities(first: 50) { nodes { __typename subject { name } } } }",
		"{ genes(first: 20) { nodes { variants(first: 3) { nodes { name } } stats { evidenceItemCount } } } }",
	}
	var g errgroup.Group
	for i := range 40 {
		g.Go(func() error {
			post(s, queries[i%len(queries)], nil)
			return nil
		})
	}
	if err := g.Wait(); err != nil || s.Requests() != 40 {
		t.Errorf("%d requests, %v", s.Requests(), err)
	}
}

// TestHugeQueries: a query within the bounds is answered in bounded time.
func TestHugeQueries(t *testing.T) {
	for name, query := range map[string]string{
		"many fields":      "{ viewer { " + strings.Repeat("id ", 20_000) + "} }",
		"many aliases":     "{ " + strings.Repeat("a: viewer { id } ", 4_000) + "}",
		"wide and many":    "{ " + strings.Repeat("viewer { "+strings.Repeat("id ", 990)+"} ", 20) + "}",
		"nested fragments": strings.Repeat("{ ... ", 10_000) + "{ viewer { id } }" + strings.Repeat("}", 10_000),
		"nested lists":     "{ evidenceItems(ids: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + ") { totalCount } }",
		"too many tokens":  "{ " + strings.Repeat("viewer { id } ", 20_000) + "}",
	} {
		start := time.Now()
		ask(t, plain(), query)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: %s", name, d)
		}
	}
}
