package demoapi

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/execute"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/recorded"
	"github.com/civic-etl/civic-etl/schemas"
)

// Options are what a server is made from. The zero value serves the synthetic
// data set over the embedded schema under CIViC's own rate limit.
type Options struct {
	Nodes    map[string]string // by connection: a file of NDJSON, gzip or not, each line a node as the API gave it
	Requests int               // that one address may make anonymously in each window; 0: 900, negative: no limit
	Per      time.Duration     // the window; 0: 5 minutes
	Keys     []string          // bearer keys that lift the limit
	Latency  time.Duration     // before every answer
	Faults   Faults
	FaultAt  func(request int) Fault // nil, or asked at each request by its number from 1, concurrently; the zero Fault is none
	Shuffle  bool                    // ties of an order come out differently at each request; else by a hash of the id
	Now      func() time.Time        // nil: time.Now
	Seed     uint64                  // of the data set; the same seed gives the same bytes
	Schema   *schemas.Schema         // nil: the embedded one
}

// Server is the stand-in, an http.Handler: POST to any path is the API, GET /
// a page of help. Any number of goroutines may use it.
type Server struct {
	options Options
	engine  *execute.Engine
	answers *answers
	limit   *limiter
	faults  []*armed
	count   atomic.Int64
}

// New makes a server. It fails on a file of nodes that cannot be served, and on a fault of an unknown kind.
func New(o Options) (*Server, error) {
	if o.Schema == nil {
		o.Schema = schemas.Embedded()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	faults, err := arm(o.Faults)
	if err != nil {
		return nil, err
	}
	nodes, err := recorded.Read(o.Schema, o.Nodes)
	if err != nil {
		return nil, err
	}
	return &Server{options: o, faults: faults, answers: answersOf(o), limit: newLimiter(o.Requests, o.Per, o.Now),
		engine: execute.New(o.Schema, o.Seed, nodes, o.Shuffle)}, nil
}

// Requests is how many POST requests have come in, refused ones included.
func (s *Server) Requests() int { return int(s.count.Load()) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		s.post(w, r)
	case r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, help)
	default:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST a GraphQL query as JSON: {\"query\": \"…\"}", http.StatusMethodNotAllowed)
	}
}

const help = `civic-etl demo-api: an offline stand-in of CIViC's GraphQL API.

All of its data are synthetic, unless files of nodes were given.
POST {"query": "...", "variables": {...}, "operationName": "..."} to /api/graphql, for instance

  curl -s -H 'Content-Type: application/json' -d '{"query":"{ evidenceItems(first: 2) { totalCount nodes { id } } }"}' \
    http://127.0.0.1:PORT/api/graphql
`

// authorized reports whether a request has a valid bearer key. A wrong key is anonymous, not an error.
func (s *Server) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && slices.ContainsFunc(s.options.Keys, func(k string) bool {
		return subtle.ConstantTimeCompare([]byte(k), []byte(key)) == 1
	})
}
