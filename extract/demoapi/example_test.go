package demoapi_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// A test starts the demo API on loopback and sends it a query.
func Example() {
	handler, err := demoapi.New(demoapi.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	const query = `{"query": "{ evidenceItems(first: 2) { totalCount nodes { name evidenceLevel } } }"}`
	answer, err := server.Client().Post(server.URL+"/api/graphql", "application/json", strings.NewReader(query))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
		fmt.Println(err)
	}
	// Output: {"data":{"evidenceItems":{"totalCount":13956,"nodes":[{"name":"EID881","evidenceLevel":"A"},{"name":"EID1189","evidenceLevel":"A"}]}}}
}
