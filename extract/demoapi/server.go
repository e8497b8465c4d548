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

// Options configure a server. The zero value serves the synthetic data set with the embedded schema and CIViC's own
// rate limit.
type Options struct {
	Nodes    map[string]string // by connection: a file of NDJSON, compressed with gzip or not, with a node per line
	Requests int               // limit per address and window without a key; 0: 900, negative: no limit
	Per      time.Duration     // window of the limit; 0: 5 minutes
	Keys     []string          // API keys; requests with one have no limit
	Latency  time.Duration     // before every answer
	Faults   Faults
	// FaultAt, if not nil, returns a further fault for a request by its number from 1; the zero Fault is none. Calls are
	// concurrent.
	FaultAt func(request int) Fault
	Shuffle bool             // each request orders ties differently; else by a hash of the id
	Now     func() time.Time // nil: time.Now
	Seed    uint64           // of the data set
	Schema  *schemas.Schema  // nil: the embedded one
}

// Server is an http.Handler: POST to any path is the API, GET / returns help. Any number of goroutines may use it.
type Server struct {
	options Options
	engine  *execute.Engine
	answers *answers
	limit   *limiter
	faults  []*countedFault
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
	faults, err := countedFaults(o.Faults)
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

// Requests returns the number of POST requests received, including refused ones.
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

const help = `civic-etl demo-api: an offline server that answers as CIViC's GraphQL API does.

All data are synthetic, except nodes read from files.
POST {"query": "...", "variables": {...}, "operationName": "..."} to /api/graphql, for example

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
