package demoapi

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

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
	schema  *schemas.Schema
	types   *ast.Schema
	d       *data
	nodes   map[string][]record // by connection, of those served from files
	singles map[string]string   // by connection: the root field that gives one record
	limit   *limiter
	faults  []*armed
	count   atomic.Int64
	orders  orders
	tables  tables
}

// New makes a server. It fails on a file of nodes that cannot be served, and on
// a fault of an unknown kind.
func New(o Options) (*Server, error) {
	s := &Server{options: o, schema: o.Schema, orders: orders{made: map[string]func() (ordered, error){}}, singles: map[string]string{}}
	if s.schema == nil {
		s.schema = schemas.Embedded()
	}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	s.types = s.schema.AST()
	for _, c := range s.schema.Connections() {
		s.singles[c.Name] = c.Single
	}
	s.limit = newLimiter(o.Requests, o.Per, s.options.Now)
	var err error
	if s.faults, err = arm(o.Faults); err != nil {
		return nil, err
	}
	if s.nodes, err = readNodes(s.schema, o.Nodes); err != nil {
		return nil, err
	}
	s.d = dataOf(o.Seed)
	return s, nil
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

// viewer gives the curator a bearer key belongs to, or nil: a wrong key is
// anonymous, not an error.
func (s *Server) viewer(r *http.Request) record {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil
	}
	for _, k := range s.options.Keys {
		if subtle.ConstantTimeCompare([]byte(k), []byte(key)) == 1 {
			return &s.d.users[0]
		}
	}
	return nil
}

// maxPage is the page size that larger ones are clamped to.
func (s *Server) maxPage(connection string) int {
	if c, err := s.schema.Connection(connection); err == nil && c.MaxPage > 0 {
		return c.MaxPage
	}
	return 100
}

// tables keeps the lists of records that root connections begin with.
type tables struct {
	mu   sync.Mutex
	made map[string][]record
}

func (t *tables) get(name string, make func() []record) []record {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = map[string][]record{}
	}
	if _, ok := t.made[name]; !ok {
		t.made[name] = make()
	}
	return t.made[name]
}
