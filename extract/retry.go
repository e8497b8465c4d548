package extract

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Back-off between tries: full jitter under a ceiling that doubles.
const (
	firstCeiling = 500 * time.Millisecond
	lastCeiling  = 30 * time.Second
	fewTries     = 3                // of an answer that is whole but wrong
	longestAfter = 10 * time.Minute // of a Retry-After
)

// fault is one attempt that failed.
type fault struct {
	err    error
	hint   string        // what the user can do
	status int           // of HTTP, where that is what is wrong
	retry  bool          // asking again may help
	few    bool          // but not often: the server was well enough to answer
	after  time.Duration // what a Retry-After says; 0 if nothing usable
}

func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() []error {
	if f.after > 0 {
		return []error{f.err, &backoff.RetryAfterError{Duration: f.after}}
	}
	return []error{f.err}
}

// brief bounds how often an answer that is whole but wrong, or a 500, is asked
// for again below ctx: where a page is being split, the first tries have been
// made.
func brief(ctx context.Context, tries int) context.Context {
	return context.WithValue(ctx, briefKey{}, tries)
}

type briefKey struct{}

// call is one query on its way through its tries.
type call struct {
	client  *Client
	body    []byte
	accept  func(*Answer) error
	tries   int
	few     int
	most    int // of few
	brief   bool
	refused time.Time // when the first 429 came; zero if none
}

// retry asks until an answer is accepted, the tries are used up or ctx ends.
func (c *Client) retry(ctx context.Context, body []byte, accept func(*Answer) error) (*Answer, error) {
	k := &call{client: c, body: body, accept: accept, most: fewTries}
	if most, ok := ctx.Value(briefKey{}).(int); ok {
		k.most, k.brief = most, true
	}
	answer, err := backoff.Retry(ctx, func() (*Answer, error) { return k.try(ctx) },
		backoff.WithBackOff(&jitter{random: c.options.Random}),
		backoff.WithMaxTries(uint(c.options.Retries)+1),
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.options.Notify(Notice{Reason: c.secret(err).Error(), Until: time.Now().Add(wait), Try: k.tries})
		}),
	)
	if err == nil {
		return answer, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, k.verdict(err)
}

// try asks once, or as often as the server says 429: the limiter makes those
// wait, all callers together, until patience ends.
func (k *call) try(ctx context.Context) (*Answer, error) {
	for {
		if k.tries++; k.tries > 1 {
			k.client.stats.retries.Add(1)
		}
		answer, err := k.client.attempt(ctx, k.body)
		if err == nil {
			if err = k.accept(answer); err == nil {
				return answer, nil
			}
			err = &fault{err: err, retry: true, few: true}
		}
		var f *fault
		if ctx.Err() != nil || !errors.As(err, &f) {
			return nil, backoff.Permanent(err)
		}
		if f.status == http.StatusTooManyRequests && k.patient() {
			continue
		}
		if k.enough(f) || !f.retry || f.status == http.StatusTooManyRequests {
			return nil, backoff.Permanent(f)
		}
		return nil, f
	}
}

// enough says whether to stop before the tries are used up: the server was well
// enough to answer, and what it said will hardly change.
func (k *call) enough(f *fault) bool {
	if f.few || k.brief && f.status == http.StatusInternalServerError {
		k.few++
	}
	return k.few >= k.most
}

// patient says whether to go on after a 429.
func (k *call) patient() bool {
	if k.refused.IsZero() {
		k.refused = time.Now()
	}
	return time.Since(k.refused) < k.client.options.Limiter.patience()
}

// verdict is the error the user sees: the last fault, how often it was tried,
// and what can be done.
func (k *call) verdict(err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	out, hint := f.err, f.hint
	if k.tries > 1 {
		out = fmt.Errorf("%w (%d tries)", out, k.tries)
	}
	if f.status == http.StatusTooManyRequests {
		hint = fmt.Sprintf("refused for %s: lower source.rate_limit, or see whether other programs use this address",
			time.Since(k.refused).Round(time.Second))
	}
	if hint != "" {
		out = fmt.Errorf("%w; %s", out, hint)
	}
	if f.retry && !f.few && f.status != http.StatusInternalServerError {
		return &outageError{out}
	}
	return out
}

// outageError is a failure of the network or the whole server, whatever it was
// asked.
type outageError struct{ error }

func (e *outageError) Unwrap() error { return e.error }

func outage(err error) bool { return errors.As(err, new(*outageError)) }

// jitter is a back-off of any length between zero and a ceiling that doubles.
type jitter struct {
	random  func() float64
	ceiling time.Duration
}

func (j *jitter) Reset() { j.ceiling = firstCeiling }

func (j *jitter) NextBackOff() time.Duration {
	wait := time.Duration(j.random() * float64(j.ceiling))
	j.ceiling = min(2*j.ceiling, lastCeiling)
	return wait
}

// unsent says what an error of the transport means. What a person must mend is
// not tried again: a name that does not exist, a certificate, a redirect.
func (c *Client) unsent(err error) *fault {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the rest repeats the URL
	}
	f := &fault{err: err, retry: true}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var redirect *redirectError
	switch {
	case errors.As(err, &redirect):
		f.retry, f.hint = false, "if that is the API's address, make it the endpoint"
	case errors.As(err, &certificate):
		f.retry, f.hint = false, "the server is not who it should be, or a proxy's certificate is not installed (SSL_CERT_FILE)"
	case errors.As(err, &dns) && dns.IsNotFound:
		f.retry, f.hint = false, "check the endpoint's spelling and the network"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.hint = "check the endpoint's host and port, and whether the server is up"
	case errors.Is(err, http.ErrSchemeMismatch):
		f.retry, f.hint = false, "the endpoint seems to speak plain http"
	}
	f.err = fmt.Errorf("POST %s: %w", c.place(), err)
	return f
}

// retryAfter reads the header's seconds or date. What is absent, past, zero or
// nonsense gives zero; what is too long is cut.
func retryAfter(header string) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(longestAfter/time.Second))) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(time.Until(date), 0), longestAfter)
}
