package extract_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// A source reads the first page of a query from the demo API.
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

	schema := schemas.Embedded()
	c, _ := schema.Connection("variantTypes")
	id, _ := schema.Resolve(c.Node, "id")
	name, _ := schema.Resolve(c.Node, "name")
	query := &extract.Query{Connection: c, Selection: schema.Select(c.Node, id, name), PageSize: 3}

	page, err := extract.Open(client, query).Fetch(context.Background(), query.Walk().Next()[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ids", page.IDs, "of", page.TotalCount, "records; more:", page.HasNext)
	// Output:
	// ids [137 87 119] of 110 records; more: true
}
