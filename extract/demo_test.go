package extract_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// demo starts the demo API and gives a client of it.
func demo(t *testing.T, key string) *graphql.Client {
	t.Helper()
	api, err := demoapi.New(demoapi.Options{Keys: []string{"right"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	client, err := graphql.NewClient(graphql.Options{Endpoint: server.URL + "/api/graphql", APIKey: key, Retries: 3, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func query(t *testing.T, connection, args string, paths ...string) *extract.Query {
	t.Helper()
	schema := schemas.Embedded()
	c, err := schema.Connection(connection)
	if err != nil {
		t.Fatal(err)
	}
	var resolved []*schemas.Path
	for _, text := range paths {
		path, err := schema.Resolve(c.Node, text)
		if err != nil {
			t.Fatal(err)
		}
		resolved = append(resolved, path)
	}
	return &extract.Query{Connection: c, Args: args, Selection: schema.Select(c.Node, resolved...), OrderByID: c.SortByID}
}

// node is what these tests read of a record.
type node struct {
	ID       int
	Variants struct {
		TotalCount int
		Nodes      []struct{ ID int }
	}
}

// fetchAll walks a query, one page after the other.
func fetchAll(t *testing.T, client *graphql.Client, q *extract.Query) (records []node, total int) {
	t.Helper()
	source, walk := extract.Open(client, q), q.Walk()
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		for _, w := range round {
			page, err := source.Fetch(t.Context(), w)
			if err != nil {
				t.Fatalf("%s: %v", w, err)
			}
			if err := walk.Got(page); err != nil {
				t.Fatal(err)
			}
			records, total = append(records, nodesOf(t, page.Body, q.Connection.Name)...), page.TotalCount
		}
	}
	return records, total
}

func nodesOf(t *testing.T, body []byte, connection string) []node {
	t.Helper()
	var answer struct {
		Data map[string]struct{ Nodes []node }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Data[connection].Nodes
}

func ids(records []node) []int {
	var list []int
	for _, r := range records {
		list = append(list, r.ID)
	}
	return list
}

// TestDemoPagingAgrees reads one connection by offset and by ids.
func TestDemoPagingAgrees(t *testing.T) {
	client := demo(t, "")
	q := query(t, "assertions", "status: ACCEPTED", "id")
	byOffset, total := fetchAll(t, client, q)
	if len(byOffset) != total || total == 0 || !slices.IsSorted(ids(byOffset)) {
		t.Errorf("%d records by offset, totalCount is %d", len(byOffset), total)
	}
	q.Paging = extract.IDs
	byID, total := fetchAll(t, client, q)
	if !slices.Equal(ids(byID), ids(byOffset)) || total != len(byID) {
		t.Errorf("%d records by ids, %d by offset, totalCount is %d", len(byID), len(byOffset), total)
	}
}

// TestDemoNested reads groups with all their variants, and compares with what
// the server counts.
func TestDemoNested(t *testing.T) {
	client := demo(t, "")
	answer, err := client.Do(t.Context(), "{ variantGroups(first: 100) { nodes { id variants { totalCount } } } }", nil)
	if err != nil {
		t.Fatal(err)
	}
	want, most := map[int]int{}, 0
	for _, group := range nodesOf(t, answer.Body, "variantGroups") {
		want[group.ID] = group.Variants.TotalCount
		most = max(most, group.Variants.TotalCount)
	}
	if most <= 100 {
		t.Fatalf("the largest group has %d variants: nothing to show", most)
	}
	groups, _ := fetchAll(t, client, query(t, "variantGroups", "", "id", "variants.id", "variants.molecularProfiles.id"))
	for _, group := range groups {
		if n := len(group.Variants.Nodes); n != want[group.ID] {
			t.Errorf("group %d has %d variants, want %d", group.ID, n, want[group.ID])
		}
	}
}

// TestDemoViewer knows its key, and takes another's holder for anonymous.
func TestDemoViewer(t *testing.T) {
	for key, want := range map[string]bool{"right": true, "wrong": false, "": false} {
		user, ok, err := demo(t, key).Viewer(t.Context())
		if err != nil || ok != want || (user != "") != want {
			t.Errorf("%q: %q %t %v", key, user, ok, err)
		}
	}
}
