package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	Retries   int               // tries after the first one; refusals (429) do not count
	Limiter   *limit.Limiter    // shared by all clients of a process; default 900 requests in 5 minutes
	MaxBody   int64             // bytes of one answer, compressed and unpacked; default 64 MiB
	Notify    func(Notice)      // called from the goroutine that waits; must not block; may be nil
	Transport http.RoundTripper // default: one of its own
	Random    func() float64    // in [0, 1), for back-off; default math/rand/v2; called concurrently
}

// Client sends queries to one endpoint. All methods may be called concurrently.
type Client struct {
	options  Options
	endpoint *url.URL
	http     *http.Client
	keys     [][]byte // the key, plain and quoted; none without a key
	journal  Journal  // nil: no answers are kept
	stats    counters
}

// NewClient checks the options and gives a client; it sends nothing yet. It refuses a
// key for an endpoint on plain http, unless that is on this machine.
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
	c := &Client{
		options:  o,
		endpoint: endpoint,
		http:     &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect},
	}
	if o.APIKey != "" {
		quoted := strconv.QuoteToASCII(o.APIKey)
		c.keys = [][]byte{[]byte(o.APIKey), []byte(quoted[1 : len(quoted)-1])}
	}
	return c, nil
}

func (o *Options) setDefaults() {
	if o.UserAgent == "" {
		o.UserAgent = "civic-etl"
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Idle <= 0 || o.Idle > o.Timeout {
		o.Idle = min(20*time.Second, o.Timeout)
	}
	if o.Limiter == nil {
		o.Limiter = limit.New(900, limit.ServerWindow)
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 64 << 20
	}
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	if o.Transport == nil {
		o.Transport = newTransport()
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
	Fresh     bool                // ask the server even if the journal has an answer, and keep none
	FewTries  int                 // of an answer that is whole but wrong, or a 500; 0: the default
	Read      DataReader          // reads the data of each answer; nil: nothing does
	Accept    func(*Answer) error // an error makes the client ask again a few times; nil accepts all
}

func (r *Request) accept(a *Answer) error {
	if r.Accept == nil {
		return nil
	}
	return r.Accept(a)
}

// Ask gives the answer to a request once it is whole: status 200, well-formed JSON
// throughout, with data and without errors. It waits for the limiter and retries
// faults that may pass. An answer with an `errors` entry is an *Error, even beside
// data. The caller owns the answer.
func (c *Client) Ask(ctx context.Context, r *Request) (*Answer, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	if r.Fresh {
		answer, err := c.retry(ctx, body, r)
		return answer, c.Redact(err)
	}
	if answer := c.fromJournal(ctx, body, r); answer != nil {
		c.stats.resumed.Add(1)
		return answer, nil
	}
	answer, err := c.retry(ctx, body, r)
	if err == nil && c.journal != nil && !c.holdsKey(answer.Body) {
		c.journal.Keep(body, answer.Body)
	}
	return answer, c.Redact(err)
}

// Do is Ask for a query that is always sent to the server.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any) (*Answer, error) {
	return c.Ask(ctx, &Request{Query: query, Variables: variables, Fresh: true})
}

type requestBody struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables,omitempty"`
	OperationName string         `json:"operationName,omitempty"`
}

var operation = regexp.MustCompile(`^\s*query\s+(\w+)`)

func operationName(query string) string {
	if m := operation.FindStringSubmatch(query); m != nil {
		return m[1]
	}
	return ""
}

// MaxBody is the bound of one answer, in bytes.
func (c *Client) MaxBody() int64 { return c.options.MaxBody }

// Redact removes the key from an error's text: a server may send back what it was
// sent.
func (c *Client) Redact(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := string(c.clean([]byte(text))); clean != text {
		return errors.New(clean)
	}
	return err
}

// clean removes the key from a text. Clean a text before you cut it: a cut may leave
// half a key.
func (c *Client) clean(text []byte) []byte {
	for _, key := range c.keys {
		text = bytes.ReplaceAll(text, key, []byte("[key]"))
	}
	return text
}

// holdsKey reports whether a text contains the key.
func (c *Client) holdsKey(text []byte) bool {
	return slices.ContainsFunc(c.keys, func(key []byte) bool { return bytes.Contains(text, key) })
}

// Viewer gives the owner of the API key; ok is false for anonymous callers: the
// server accepts a wrong or revoked key as anonymous. Without a key it asks nothing.
func (c *Client) Viewer(ctx context.Context) (username string, ok bool, err error) {
	if c.options.APIKey == "" {
		return "", false, nil
	}
	answer, err := c.Do(ctx, "query Viewer {\n  viewer {\n    id\n    username\n  }\n}\n", nil)
	if err != nil {
		return "", false, fmt.Errorf("ask whom the API key belongs to: %w", err)
	}
	var body struct {
		Data struct {
			Viewer *struct{ Username string }
		}
	}
	if err := json.Unmarshal(answer.Body, &body); err != nil {
		return "", false, fmt.Errorf("ask whom the API key belongs to: %w", c.Redact(err))
	}
	if body.Data.Viewer == nil {
		return "", false, nil
	}
	return body.Data.Viewer.Username, true, nil
}
