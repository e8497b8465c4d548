package reconcile_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/extract/reconcile"
	"github.com/civic-etl/civic-etl/schemas"
)

// All pages of a connection are fetched from the demo API. Then one record is left
// out and one is invented: the server names both.
func Example() {
	api, err := demoapi.New(demoapi.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	client, err := graphql.NewClient(graphql.Options{Endpoint: server.URL + "/api/graphql"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, source := context.Background(), extract.Open(client, assertionIDs())
	ids, err := fetchIDs(ctx, source)
	if err != nil {
		fmt.Println(err)
		return
	}

	result, err := reconcile.Compare(ctx, source, &reconcile.Received{IDs: ids}, 1)
	fmt.Println(err, result.By, result.Complete())

	changed := append(slices.Delete(slices.Clone(ids), 3, 4), 987654)
	result, err = reconcile.Compare(ctx, source, &reconcile.Received{IDs: changed}, 1)
	fmt.Println(err, result.Complete(), result.Missing, result.Gone)
	// Output:
	// <nil> ids true
	// <nil> false 1 [987654]
}

func assertionIDs() *extract.Query {
	schema := schemas.Embedded()
	c, _ := schema.Connection("assertions")
	path, _ := schema.Resolve(c.Node, "id")
	return &extract.Query{Connection: c, Args: "status: ACCEPTED", Selection: schema.Select(c.Node, path), OrderByID: true}
}

func fetchIDs(ctx context.Context, source *extract.Source) (ids []int64, err error) {
	walk := source.Query().Walk()
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		for _, window := range round {
			page, err := source.Fetch(ctx, window)
			if err != nil {
				return nil, err
			}
			if err := walk.Got(page); err != nil {
				return nil, err
			}
			ids = append(ids, page.IDs...)
		}
	}
	return ids, nil
}
