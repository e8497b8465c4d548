package graphql_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/civic-etl/civic-etl/extract/graphql"
)

// A server is busy at first, then answers: the client asks again by itself. An answer
// with an `errors` entry is an *Error.
func Example() {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch tries++; tries {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			fmt.Fprint(w, `{"data":{"gene":{"name":"BRAF"}}}`)
		default:
			fmt.Fprint(w, `{"errors":[{"message":"Field 'nam' doesn't exist","extensions":{"code":"undefinedField"}}]}`)
		}
	}))
	defer server.Close()
	client, err := graphql.NewClient(graphql.Options{Endpoint: server.URL, Retries: 3, Random: func() float64 { return 0 }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	answer, err := client.Do(context.Background(), "{ gene(id: 5) { name } }", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s after %d requests\n", answer.Data, client.Stats().Requests)

	_, err = client.Do(context.Background(), "{ gene(id: 5) { nam } }", nil)
	var refused *graphql.Error
	fmt.Println(errors.As(err, &refused) && refused.Invalid())
	// Output:
	// {"gene":{"name":"BRAF"}} after 2 requests
	// true
}
