package demoapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// shared gives the path of a file beside the repository, or skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "civic", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", path)
		}
		t.Skipf("%s is not there", path)
	}
	return path
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRealNodes serves the 146 recorded nodes and compares every value.
func TestRealNodes(t *testing.T) {
	path := shared(t, "alk-evidence-graphql-2025-10.ndjson.gz")
	s := newServer(t, Options{Nodes: map[string]string{"evidenceItems": path}})
	got := get[map[string]struct {
		TotalCount int
		Nodes      []any
	}](t, s, `{ c: evidenceItems(first: 100) { totalCount nodes { ...F } } }`+realFields)["c"]
	more := get[map[string]struct{ Nodes []any }](t, s, `{ c: evidenceItems(first: 100, after: "MTAw") { nodes { ...F } } }`+realFields)["c"]
	nodes := append(got.Nodes, more.Nodes...)
	want := readAny(t, path)
	if got.TotalCount != len(want) || len(nodes) != len(want) {
		t.Fatalf("totalCount %d, %d nodes of %d", got.TotalCount, len(nodes), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(nodes[i], want[i]) {
			t.Fatalf("line %d: served %v, recorded %v", i+1, nodes[i], want[i])
		}
	}
	if n := connection(t, s, `evidenceItems(evidenceLevel: A, therapyName: "crizotinib")`).TotalCount; n == 0 || n >= 146 {
		t.Errorf("filters keep %d", n)
	}
	ids := connection(t, s, "evidenceItems(first: 2, sortBy: {column: ID, direction: DESC})").ids()
	if ids[0] <= ids[1] {
		t.Errorf("by id, descending: %v", ids)
	}
	if got := ask(t, s, fmt.Sprintf("{ evidenceItem(id: %d) { id therapyInteractionType } none: evidenceItem(id: 1) { id } }", ids[0])); got !=
		fmt.Sprintf(`{"data":{"evidenceItem":{"id":%d,"therapyInteractionType":null},"none":null}}`, ids[0]) {
		t.Errorf("one by id: %s", got)
	}
	if got := ask(t, s, "{ evidenceItems { nodes { id variantOrigin } } }"); !strings.Contains(got, `lack the field \"variantOrigin\"`) || !strings.Contains(got, `"data":null`) {
		t.Errorf("a field that was not recorded: %.300s", got)
	}
	if n := connection(t, s, "diseases").TotalCount; n < 100 {
		t.Errorf("other connections are as ever: %d diseases", n)
	}
}

const realFields = ` fragment F on EvidenceItem { id status significance evidenceType evidenceLevel evidenceRating evidenceDirection description
	molecularProfile { id name variants { name ... on GeneVariant { alleleRegistryId } feature { name } } } therapies { name ncitId } disease { doid name diseaseAliases }
	source { ascoAbstractId citationId pmcId sourceType title publicationYear } }`

func readAny(t *testing.T, path string) []any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var v any
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestRecordedNodes(t *testing.T) {
	path := write(t, "nodes.ndjson", `{"__typename":"FusionVariant","id":7,"name":"α","feature":{"id":1,"name":"x","featureInstance":{"entrezId":5}},"molecularProfiles":{"nodes":[{"id":1},{"id":2},{"id":3}]}}

{"id":9,"name":"β","deprecated":false,"coordinates":null,"variantTypes":[{"id":4},{"id":5}],"myVariantInfo":{"clinvarId":3}}
`)
	s := newServer(t, Options{Nodes: map[string]string{"variants": path}})
	got := ask(t, s, `{ variants(first: 1) { totalCount pageInfo { endCursor hasNextPage } nodes { __typename id name
		feature { name featureInstance { __typename ... on Gene { entrezId } } } molecularProfiles(first: 2) { totalCount pageInfo { hasNextPage } nodes { id } } } } }`)
	if want := `{"data":{"variants":{"totalCount":2,"pageInfo":{"endCursor":"MQ","hasNextPage":true},"nodes":[{"__typename":"FusionVariant","id":7,"name":"α",` +
		`"feature":{"name":"x","featureInstance":{"__typename":"Gene","entrezId":5}},"molecularProfiles":{"totalCount":3,"pageInfo":{"hasNextPage":true},"nodes":[{"id":1},{"id":2}]}}]}}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := ask(t, s, `{ variants { nodes { variantTypes { id } ... on VariantInterface { id } } } }`); !strings.Contains(got, `lack the field \"variantTypes\"`) || !strings.Contains(got, `"extensions":{"code":"BAD_USER_INPUT"}`) {
		t.Errorf("%s", got)
	}
	got = ask(t, s, `{ variants(ids: [9]) { nodes { __typename ... on GeneVariant { coordinates { start } alleleRegistryId } variantTypes { id } } } }`)
	if want := `{"data":{"variants":{"nodes":[{"__typename":"GeneVariant","coordinates":null,"alleleRegistryId":null,"variantTypes":[{"id":4},{"id":5}]}]}}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTypesThatWereNotRecorded: what needs no type is answered, the rest is
// refused.
func TestTypesThatWereNotRecorded(t *testing.T) {
	s := newServer(t, Options{Nodes: map[string]string{"variants": write(t, "n", `{"id":3,"name":"x"}`)}})
	if got := ask(t, s, "{ variants { nodes { id ... on VariantInterface { name } ... { i: id } } } }"); got != `{"data":{"variants":{"nodes":[{"id":3,"name":"x","i":3}]}}}` {
		t.Errorf("%s", got)
	}
	for _, q := range []string{"__typename", "id ... on GeneVariant { id }"} {
		if got := ask(t, s, "{ variants { nodes { "+q+" } } }"); !strings.Contains(got, "do not tell which VariantInterface they hold: record __typename") {
			t.Errorf("%s: %s", q, got)
		}
	}
}

// TestRecordedValuesAreChecked: what is not of the schema's types fails its
// page, as on the server.
func TestRecordedValuesAreChecked(t *testing.T) {
	for line, query := range map[string]string{
		`{"id":1,"significance":"Oncogenic"}`:                  "significance",
		`{"id":1,"evidenceRating":"3"}`:                        "evidenceRating",
		`{"id":1,"evidenceRating":3.5}`:                        "evidenceRating",
		`{"id":1,"description":4}`:                             "description",
		`{"id":1,"therapies":{}}`:                              "therapies { id }",
		`{"id":1,"disease":"x"}`:                               "disease { id }",
		`{"id":1,"submissionEvent":{"createdAt":"yesterday"}}`: "submissionEvent { createdAt }",
	} {
		s := newServer(t, Options{Nodes: map[string]string{"evidenceItems": write(t, "n", line)}})
		if got := ask(t, s, "{ evidenceItems { nodes { "+query+" } } }"); !strings.Contains(got, `"errors"`) {
			t.Errorf("%s is served: %s", line, got)
		}
	}
}

func TestBadFilesOfNodes(t *testing.T) {
	for text, want := range map[string]string{
		"{\"id\":1}\n{\"id\":1}\n":           "n.ndjson:2: id 1 is already in line 1",
		"{\"id\":1}\n\n[1]\n":                "n.ndjson:3: not a JSON object",
		"null":                               "n.ndjson:1: not a JSON object",
		"{\"id\":1":                          "n.ndjson:1: not a JSON object: unexpected EOF",
		"{\"id\":1} {\"id\":2}":              "n.ndjson:1: more than one JSON object",
		"{\"id\":\"x\"}":                     "n.ndjson:1: the id x is not a whole number",
		"{\"id\":1,\"a\":\"\xff\"}":          "n.ndjson:1: not UTF-8",
		"\x1f\x8b" + strings.Repeat("x", 20): "n.ndjson: gzip: invalid header",
		strings.Repeat("1", 16<<20):          "n.ndjson:1: bufio.Scanner: token too long",
	} {
		_, err := New(Options{Nodes: map[string]string{"evidenceItems": write(t, "n.ndjson", text)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "nodes of evidenceItems: ") {
			t.Errorf("%.40q: %v; want %s", text, err, want)
		}
	}
	var cut bytes.Buffer
	z := gzip.NewWriter(&cut)
	_, _ = z.Write(bytes.Repeat([]byte("{\"id\":1}\n"), 1))
	_ = z.Close()
	for name, o := range map[string]Options{
		"no such file":   {Nodes: map[string]string{"evidenceItems": filepath.Join(t.TempDir(), "none")}},
		"evidenceItems?": {Nodes: map[string]string{"evidenceItem": write(t, "n", "")}},
		"unexpected EOF": {Nodes: map[string]string{"evidenceItems": write(t, "n", cut.String()[:cut.Len()-9])}},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v; want %s", err, name)
		}
	}
}

// TestWholeSchema serves CIViC's own schema: every field of every node type
// answers something of its type.
func TestWholeSchema(t *testing.T) {
	schema, err := schemas.Open(shared(t, "schema.introspection.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	s, types := newServer(t, Options{Schema: schema}), schema.AST()
	for _, c := range schema.Connections() {
		def := types.Types[types.Query.Fields.ForName(c.Name).Type.Name()]
		get[any](t, s, fmt.Sprintf("{ c: %s(first: 4) %s }", c.Name, selectAll(types, def, 3)))
		if own, err := schemas.Embedded().Connection(c.Name); err != nil || own.MaxPage != c.MaxPage {
			t.Errorf("%s: pages of %d, in the embedded schema of %d (%v)", c.Name, c.MaxPage, own.MaxPage, err)
		}
	}
}
