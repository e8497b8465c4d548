package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/extract/limit"
	"github.com/civic-etl/civic-etl/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const good = `{"data":{"things":{"totalCount":1,"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},"nodes":[{"id":1}]}}}`

// fewTries is how often a client asks for an answer that is whole but wrong.
const fewTries = 3

// serve starts a server and gives a client of it that neither waits nor limits.
func serve(t testing.TB, h http.Handler, set ...func(*graphql.Options)) *graphql.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := graphql.Options{Endpoint: server.URL + "/api/graphql", Retries: 4, Limiter: limit.New(1, 0), Random: func() float64 { return 0 }}
	for _, f := range set {
		f(&o)
	}
	client, err := graphql.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// thingsQuery selects ids of a connection named things.
func thingsQuery() *Query {
	return &Query{
		Connection: &schemas.Connection{Name: "things", Node: "Thing", MaxPage: 100, IDs: true, HasIDsArg: true},
		Selection:  &schemas.Selection{Type: "Thing", Fields: []*schemas.Field{scalar("id")}},
	}
}

func scalar(name string) *schemas.Field { return &schemas.Field{Name: name, Key: name, Type: "Int"} }

func things(ids ...int) conn {
	var list conn
	for _, id := range ids {
		list = append(list, object{"__typename": "Thing", "id": id})
	}
	return list
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// walkAll runs a query's walk, each round four at once, and gives the ids in
// order and the number of requests asked for pages.
func walkAll(t *testing.T, c *graphql.Client, q *Query) []int {
	t.Helper()
	source, walk := Open(c, q), q.Walk()
	var ids []int
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		pages := make([]*Page, len(round))
		g, ctx := errgroup.WithContext(t.Context())
		g.SetLimit(4)
		for i, w := range round {
			g.Go(func() (err error) { pages[i], err = source.Fetch(ctx, w); return err })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			if err := walk.Got(p); err != nil {
				t.Fatal(err)
			}
			got := idsOf(t, p.Body)
			if len(got) != p.Nodes {
				t.Fatalf("%s: Nodes is %d, the body holds %d", p.Window, p.Nodes, len(got))
			}
			ids = append(ids, got...)
		}
	}
	return ids
}

func idsOf(t *testing.T, body []byte) []int {
	t.Helper()
	var answer struct {
		Data struct {
			Things struct{ Nodes []struct{ ID int } }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, n := range answer.Data.Things.Nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

func TestWalkGivesEveryRecordOnceInOrder(t *testing.T) {
	tests := []struct {
		name     string
		records  int
		most     int // the server's own clamp
		size     int
		limit    int
		want     int
		requests int
	}{
		{"none", 0, 100, 0, 0, 0, 1},
		{"one", 1, 100, 0, 0, 1, 1},
		{"a full page", 100, 100, 0, 0, 100, 1},
		{"one more than a page", 101, 100, 0, 0, 101, 2},
		{"many pages", 1050, 100, 0, 0, 1050, 11},
		{"smaller pages", 105, 100, 10, 0, 105, 11},
		{"page size above the maximum", 250, 100, 500, 0, 250, 3},
		{"server clamps lower", 250, 30, 0, 0, 250, 4 + 4 + 2},
		{"server clamps to one", 5, 1, 3, 0, 5, 5},
		{"limit inside the first page", 250, 100, 0, 7, 7, 1},
		{"limit at a page's end", 250, 100, 0, 100, 100, 1},
		{"limit in a later page", 250, 100, 0, 130, 130, 2},
		{"limit beyond the end", 50, 100, 0, 1000, 50, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := &tree{root: map[string]conn{"things": things(upTo(test.records)...)}, most: test.most}
			q := thingsQuery()
			q.PageSize, q.Limit = test.size, test.limit
			ids := walkAll(t, serve(t, api), q)
			if !slices.Equal(ids, upTo(test.want)) {
				t.Errorf("got %d records %v, want 1 to %d", len(ids), ids, test.want)
			}
			if api.requests() != test.requests {
				t.Errorf("%d requests, want %d", api.requests(), test.requests)
			}
		})
	}
}

// TestWalkFollowsGrowth adds records while the pages are read.
func TestWalkFollowsGrowth(t *testing.T) {
	api := &tree{root: map[string]conn{"things": things(upTo(200)...)}, most: 100}
	api.hook = func(t *tree, _ string) {
		if len(t.asked) == 2 {
			t.root["things"] = things(upTo(315)...)
		}
	}
	ids := walkAll(t, serve(t, api), thingsQuery())
	if !slices.Equal(ids, upTo(315)) {
		t.Errorf("got %d records, want all 315", len(ids))
	}
}

func TestWalkByIDs(t *testing.T) {
	var sparse []int
	for id := 3; id < 5000; id += 7 {
		sparse = append(sparse, id)
	}
	tests := []struct {
		name  string
		ids   []int
		most  int
		limit int
		want  int
	}{
		{"none", nil, 100, 0, 0},
		{"dense", upTo(250), 100, 0, 250},
		{"gaps", sparse, 100, 0, len(sparse)},
		{"a long empty stretch", []int{1, 9000, 20001}, 100, 0, 3},
		{"server clamps lower", upTo(250), 40, 0, 250},
		{"limit", sparse, 100, 33, 33},
		{"limit of one", upTo(10), 100, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := &tree{root: map[string]conn{"things": things(test.ids...)}, most: test.most}
			q := thingsQuery()
			q.Paging, q.Limit = IDs, test.limit
			ids := walkAll(t, serve(t, api), q)
			if !slices.Equal(ids, test.ids[:test.want]) {
				t.Errorf("got %v, want %v", ids, test.ids[:test.want])
			}
		})
	}
}

// TestWalkByIDsEnds meets a totalCount that no id ever fills.
func TestWalkByIDsEnds(t *testing.T) {
	walk := (&Query{Connection: &schemas.Connection{Name: "things", MaxPage: 100}, Paging: IDs}).Walk()
	asked := 0
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		for _, w := range round {
			asked++
			if err := walk.Got(&Page{Window: w, TotalCount: 5}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if asked < 5 || asked > 60 {
		t.Errorf("gave up after %d windows", asked)
	}
}

func TestWalkResumes(t *testing.T) {
	walk := thingsQuery().Walk()
	for i := range 3 {
		p := &Page{Window: Window{Index: i, Offset: 100 * i, Size: 100}, Nodes: 100, TotalCount: 450, HasNext: true}
		if err := walk.Got(p); err != nil {
			t.Fatal(err)
		}
	}
	want := []Window{{Index: 3, Offset: 300, Size: 100}, {Index: 4, Offset: 400, Size: 100}}
	if got := walk.Next(); !reflect.DeepEqual(got, want) {
		t.Errorf("the next round is %v, want %v", got, want)
	}
}

func TestFetchRefusesWhatDoesNotAddUp(t *testing.T) {
	const whole = `{"data":{"things":{"totalCount":9,"pageInfo":{"hasNextPage":true,"endCursor":"Mg"},"nodes":[{"id":1},{"id":2}]}}}`
	tests := []struct{ name, old, new, want string }{
		{"empty page with a next one", `[{"id":1},{"id":2}]`, `[]`, "an empty page with hasNextPage true"},
		{"wrong cursor", `"Mg"`, `"MQ"`, "the server no longer pages by offset"},
		{"no cursor", `"Mg"`, `null`, "the server no longer pages by offset"},
		{"too many", `{"id":1},`, `{"id":1},{"id":3},`, "received 3 records, requested 2"},
		{"null nodes", `[{"id":1},{"id":2}]`, `null`, "nodes is null"},
		{"null record", `{"id":1}`, `null`, "want an object"},
		{"number for a record", `{"id":1}`, `1`, "want an object"},
		{"null connection", `{"data":{"things":`, `{"data":{"things":null,"other":`, "things is null"},
		{"missing connection", `"things"`, `"stuff"`, "the answer has no things"},
		{"no nodes", `"nodes"`, `"edges"`, "a connection without nodes"},
		{"no pageInfo", `"pageInfo"`, `"info"`, "a connection without pageInfo.hasNextPage"},
		{"hasNextPage null", `true`, `null`, "hasNextPage is null"},
		{"no total", `"totalCount":9,`, ``, "has no totalCount"},
		{"null total", `9`, `null`, "totalCount is null, not a count"},
		{"huge total", `9`, `99999999999`, "not a count"},
		{"data null", whole, `{"data":null}`, "data is null"},
		{"data a list", whole, `{"data":[]}`, "data is a list, want an object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := strings.Replace(whole, test.old, test.new, 1)
			if body == whole {
				t.Fatal("the test changes nothing")
			}
			asked := 0
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				_, _ = fmt.Fprint(w, body)
			}))
			_, err := Open(c, thingsQuery()).Fetch(t.Context(), Window{Size: 2})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if asked != fewTries || !strings.Contains(err.Error(), "(3 tries)") {
				t.Errorf("asked %d times (%v), want %d", asked, err, fewTries)
			}
		})
	}
}

func TestFetchRecoversFromAWrongAnswer(t *testing.T) {
	api := &tree{root: map[string]conn{"things": things(1, 2)}, most: 100}
	first := true
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			_, _ = fmt.Fprint(w, `{"data":{"things":null}}`)
			return
		}
		api.ServeHTTP(w, r)
	}))
	p, err := Open(c, thingsQuery()).Fetch(context.Background(), Window{Size: 100})
	if err != nil || p.Nodes != 2 || p.TotalCount != 2 || p.HasNext {
		t.Errorf("got %+v, %v", p, err)
	}
}
