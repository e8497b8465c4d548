package graphql

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/extract/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server and gives a client of it that neither waits nor limits.
func serve(t testing.TB, h http.Handler, set ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := Options{Endpoint: server.URL + "/api/graphql", Retries: 4, Limiter: limit.New(1, 0), Random: func() float64 { return 0 }}
	for _, f := range set {
		f(&o)
	}
	client, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
