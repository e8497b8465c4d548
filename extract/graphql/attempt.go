package graphql

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// attempt sends a request once, when the limiter allows it. It gives the answer or an *attemptError.
func (c *Client) attempt(ctx context.Context, body []byte, r *Request) (*Answer, error) {
	grant, err := c.awaitGrant(ctx)
	if err != nil {
		return nil, err
	}
	c.stats.requests.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limits := c.newDeadlines(cancel)
	defer limits.stop()
	answer, err := c.exchange(c.trace(ctx, grant), grant, limits, body, r)
	grant.Settled()
	f, _ := errors.AsType[*attemptError](err)
	switch cause := context.Cause(ctx); {
	case f != nil && f.status == http.StatusTooManyRequests:
		if until, fresh := grant.Refused(f.after); fresh {
			c.options.Notify(Notice{Until: until, Reason: "the server answered " + c.Redact(f).Error()})
		}
	case f == nil || f.status != 0:
	case cause != nil: // a deadline says more than the read error it causes
		return nil, &attemptError{
			err: cause, retry: true, down: true, absent: !c.options.Answered.Load(),
			hint: "see whether the server is up, or raise source.timeout",
		}
	}
	return answer, err
}

// awaitGrant waits for the limiter, and notifies the user of a long wait.
func (c *Client) awaitGrant(ctx context.Context) (*limit.Grant, error) {
	c.stats.throttled.move(1)
	defer c.stats.throttled.move(-1)
	return c.options.Limiter.Wait(ctx, func(until time.Time, why string) {
		if why != "" && time.Until(until) >= time.Second {
			c.options.Notify(Notice{Until: until, Reason: why})
		}
	})
}

// trace counts the requests that the transport sends by itself: a replay after a dropped connection, or
// a redirect. It tells the limiter when the first one was written.
func (c *Client) trace(ctx context.Context, grant *limit.Grant) context.Context {
	var got, written atomic.Bool
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if got.Swap(true) {
				c.options.Limiter.CountExtra()
				c.stats.requests.Add(1)
				c.stats.retries.Add(1)
			}
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			if !written.Swap(true) {
				grant.Written()
			}
		},
	})
}

// exchange sends the request and reads the answer.
func (c *Client) exchange(
	ctx context.Context, grant *limit.Grant, limits *deadlines, body []byte, r *Request,
) (*Answer, error) {
	req, err := c.request(ctx, body)
	if err != nil {
		return nil, &attemptError{err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(err)
	}
	defer resp.Body.Close()
	c.options.Answered.Store(true)
	if resp.StatusCode != http.StatusTooManyRequests {
		grant.Accepted()
	}
	limits.idle.Reset(c.options.Idle)
	resp.Body = &meter{resp.Body, func(n int) {
		c.stats.bytes.Add(int64(n))
		if n > 0 {
			limits.idle.Reset(c.options.Idle)
		}
	}}
	if c.key.inHeader(resp.Header) {
		return nil, c.keyEchoed()
	}
	if resp.StatusCode != http.StatusOK {
		text := readHead(resp)
		if c.key.inText(text) {
			return nil, c.keyEchoed()
		}
		return nil, c.badStatus(resp, text)
	}
	if f := c.badMediaType(resp); f != nil {
		return nil, f
	}
	release := func() {}
	defer func() { release() }()
	text, err := readBody(ctx, resp, c.options.MaxBody, func() (err error) {
		release, err = limits.largeTurn(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.readAnswer(ctx, text, r)
}

func (c *Client) request(ctx context.Context, body []byte) (*http.Request, error) {
	// A bytes.Reader gives the request its length and GetBody.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", c.options.UserAgent)
	// Queries are idempotent: an empty key, which is not sent, lets net/http replay one after a dropped
	// keep-alive connection.
	req.Header["Idempotency-Key"] = []string{}
	if c.options.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.options.APIKey)
	}
	return req, nil
}

// meter reports the size of each read of a body.
type meter struct {
	io.ReadCloser
	report func(n int)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.report(n)
	return n, err
}
