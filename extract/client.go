package extract

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
)

// Options of a client. Only the Endpoint must be given.
type Options struct {
	Endpoint  string            // http or https URL that answers GraphQL
	APIKey    string            // sent as a bearer token; "" asks anonymously
	UserAgent string            // default: civic-etl
	Timeout   time.Duration     // of one attempt, from its start to the last byte; default 60s
	Idle      time.Duration     // longest silence inside a body; default 20s, at most Timeout
	Retries   int               // tries after the first one; refusals (429) are waited out beside them
	Limiter   *Limiter          // shared by all clients of a process; default 900 requests in 5 minutes
	MaxBody   int64             // bytes of one answer, compressed and unpacked; default 64 MiB
	Notify    func(Notice)      // called from the goroutine that waits; must not block; may be nil
	Transport http.RoundTripper // default: one of its own
	Random    func() float64    // in [0, 1), for back-off; default math/rand/v2; called concurrently
}

// Client asks one endpoint. All methods may be called concurrently.
type Client struct {
	options  Options
	endpoint *url.URL
	http     *http.Client
	keys     [][]byte // the key, as it is and as quoting writes it; none without a key
	answers  Answers  // nil: none are kept
	stats    counters
}

// NewClient checks the options and gives a client; it asks nothing yet. A key
// is refused for an endpoint on plain http that is not on this machine.
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
		o.Limiter = NewLimiter(900, serverWindow)
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

// Do asks one query and gives its answer once that is whole: status 200, JSON
// throughout, with data and without errors. It waits for the limiter and
// retries what may pass. An answer with an `errors` entry is a *GraphQLError,
// whatever data came with it. The answer is always fresh, never one that an
// earlier run kept. The caller owns it.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any) (*Answer, error) {
	return c.doFresh(ctx, query, variables, func(*Answer) error { return nil })
}

type request struct {
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

// secret keeps the key out of an error's text, however it came there: a server
// may send back what it was sent.
func (c *Client) secret(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := string(c.clean([]byte(text))); clean != text {
		return errors.New(clean)
	}
	return err
}

// clean blots out the key. What is shown of an answer is cleaned before it is
// cut: a cut may leave half a key.
func (c *Client) clean(text []byte) []byte {
	for _, key := range c.keys {
		text = bytes.ReplaceAll(text, key, []byte("[key]"))
	}
	return text
}

// holdsKey says whether a text shows the key.
func (c *Client) holdsKey(text []byte) bool {
	return slices.ContainsFunc(c.keys, func(key []byte) bool { return bytes.Contains(text, key) })
}

// Viewer says whom the API key belongs to; ok is false for anonymous callers: a
// key that is wrong or revoked is no error to the server. Without a key nothing
// is asked.
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
		return "", false, fmt.Errorf("ask whom the API key belongs to: %w", c.secret(err))
	}
	if body.Data.Viewer == nil {
		return "", false, nil
	}
	return body.Data.Viewer.Username, true, nil
}
