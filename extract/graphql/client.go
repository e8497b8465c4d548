package graphql

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// Options of a client. Only Endpoint is required.
type Options struct {
	Endpoint  string            // http or https URL that answers GraphQL
	APIKey    string            // sent as a bearer token; "" asks anonymously
	UserAgent string            // default: civic-etl
	Timeout   time.Duration     // of one attempt, from its start to the last byte; default 60s
	Idle      time.Duration     // longest silence inside a body; default 20s, at most Timeout
	Retries   int               // after the first try; a 429 does not count
	Patience  time.Duration     // after the first failure, tries go on at least so long while the server is down
	Limiter   *limit.Limiter    // shared by all clients of a process; default 900 requests in 5 minutes
	MaxBody   int64             // bytes of one answer, compressed and unpacked; default 16 MiB
	Notify    func(Notice)      // called from the goroutine that waits; must not block; may be nil
	Transport http.RoundTripper // default: a new one
	Answered  *atomic.Bool      // set when a server answers; its clients can share it; default: a new one
	Random    func() float64    // in [0, 1), for back-off; default math/rand/v2; called concurrently
}

// Client sends queries to one endpoint. All methods may be called concurrently.
type Client struct {
	options  Options
	endpoint *url.URL
	http     *http.Client
	key      keyWatch
	echoed   atomic.Bool // an answer contained the key
	journal  Journal     // may be nil
	stats    counters
}

// NewClient checks the options and gives a client. It refuses a key for an endpoint on plain http, unless
// that is on this machine.
func NewClient(o Options) (*Client, error) {
	endpoint, err := checkEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	o.APIKey = strings.TrimSpace(o.APIKey)
	if err := checkKey(o.APIKey, endpoint); err != nil {
		return nil, err
	}
	o.setDefaults()
	return &Client{
		options:  o,
		endpoint: endpoint,
		http:     &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect},
		key:      watchKey(o.APIKey),
	}, nil
}

func (o *Options) setDefaults() {
	o.UserAgent = cmp.Or(o.UserAgent, "civic-etl")
	o.Timeout = cmp.Or(max(o.Timeout, 0), time.Minute)
	if o.Idle <= 0 || o.Idle > o.Timeout {
		o.Idle = min(20*time.Second, o.Timeout)
	}
	o.Limiter = cmp.Or(o.Limiter, limit.New(900, limit.ServerWindow))
	o.MaxBody = cmp.Or(max(o.MaxBody, 0), 16<<20)
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	if o.Answered == nil {
		o.Answered = &atomic.Bool{}
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	o.Retries = max(o.Retries, 0)
}

// Close closes idle connections. The client can be used afterwards.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is one query to ask.
type Request struct {
	Query     string
	Variables map[string]any
	Fresh     bool                // neither take the answer from the journal nor store it
	FewTries  int                 // for an unacceptable answer or a 500; 0: the default
	Records   bool                // one record may cause a 500: patience does not apply to it
	Read      DataReader          // reads the data of each answer; may be nil
	Damaged   bool                // Accept and Read know how to treat damaged texts in the data; else they are refused
	Accept    func(*Answer) error // an error makes the client retry a few times; nil accepts all
}

func (r *Request) accept(a *Answer) error {
	if r.Accept == nil {
		return nil
	}
	return r.Accept(a)
}

// Ask gives the answer to a request: status 200 and well-formed JSON with data and without errors. It
// waits for the limiter and retries temporary faults. An `errors` entry is an *Error, even beside data.
// The caller owns the answer. After an answer that contained the API key, every request fails.
func (c *Client) Ask(ctx context.Context, r *Request) (*Answer, error) {
	if c.echoed.Load() {
		return nil, c.keyEchoed()
	}
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	stored := c.journal != nil && !r.Fresh
	if stored {
		if answer := c.fromJournal(ctx, body, r); answer != nil {
			return answer, nil
		}
	}
	answer, err := c.retry(ctx, body, r)
	if err == nil && stored {
		c.journal.Keep(body, answer.Body)
	}
	return answer, c.Redact(err)
}

// Do asks a query that never comes from the journal.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any) (*Answer, error) {
	return c.Ask(ctx, &Request{Query: query, Variables: variables, Fresh: true})
}

var operation = regexp.MustCompile(`^\s*query\s+(\w+)`)

func (r *Request) body() ([]byte, error) {
	body := struct {
		Query         string         `json:"query"`
		Variables     map[string]any `json:"variables,omitempty"`
		OperationName string         `json:"operationName,omitempty"`
	}{Query: r.Query, Variables: r.Variables}
	if m := operation.FindStringSubmatch(r.Query); m != nil {
		body.OperationName = m[1]
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the query's variables: %w", err)
	}
	return text, nil
}

// MaxBody gives the bound of one answer, in bytes.
func (c *Client) MaxBody() int64 { return c.options.MaxBody }

// Viewer gives the owner of the API key; ok is false for anonymous callers. The server accepts a wrong
// or revoked key as anonymous. Without a key, it sends no request.
func (c *Client) Viewer(ctx context.Context) (username string, ok bool, err error) {
	if c.options.APIKey == "" {
		return "", false, nil
	}
	var data struct{ Viewer *struct{ Username string } }
	answer, err := c.Do(ctx, "query Viewer {\n  viewer {\n    id\n    username\n  }\n}\n", nil)
	if err == nil {
		err = json.Unmarshal(answer.Data, &data)
	}
	if err != nil {
		return "", false, fmt.Errorf("ask for the owner of the API key: %w", c.Redact(err))
	}
	if data.Viewer == nil {
		return "", false, nil
	}
	return data.Viewer.Username, true, nil
}

// Journal stores the answers of a run, so that a later run can resume it. All methods are called
// concurrently.
//
// A run may repeat a request (for a page whose data changed, or to repair missing records) and get
// another answer: a journal gives the answers to one request in the order of Keep, each once.
type Journal interface {
	// Next gives the earlier run's next answer to a request, nil if there is none.
	Next(request []byte) []byte
	// Keep stores an answer. It must not keep the slices.
	Keep(request, answer []byte)
}

// KeepAnswers makes the client take answers from a journal and add its own.
func (c *Client) KeepAnswers(j Journal) { c.journal = j }

// fromJournal gives the earlier run's answer to a request. It checks answers like the server's.
func (c *Client) fromJournal(ctx context.Context, body []byte, r *Request) *Answer {
	for ctx.Err() == nil {
		text := c.journal.Next(body)
		if text == nil {
			return nil
		}
		if answer, err := c.readAnswer(ctx, text, r); err == nil && r.accept(answer) == nil {
			c.stats.resumed.Add(1)
			answer.Resumed = true
			return answer
		}
	}
	return nil
}
