package graphql

import (
	"cmp"
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

	"github.com/civic-etl/civic-etl/extract/limit"
)

// Bounds of retries. The back-off has full jitter under a ceiling that doubles.
const (
	firstCeiling = 500 * time.Millisecond
	lastCeiling  = 30 * time.Second
	fewTries     = 3                // of an unacceptable answer
	reachTries   = 5                // of a server that never answered
	longestAfter = 10 * time.Minute // of a Retry-After
)

// attemptError is the failure of one attempt.
type attemptError struct {
	err    error
	hint   string        // what the user can do
	status int           // of HTTP, unless 200
	retry  bool          // a retry may help
	down   bool          // the whole server is out of reach or fails
	absent bool          // no server ever answered: the endpoint may be wrong
	few    bool          // but not many: the server is able to answer
	after  time.Duration // of a Retry-After; 0 if none
}

func (f *attemptError) Error() string { return f.err.Error() }

func (f *attemptError) Unwrap() []error {
	if f.after > 0 {
		return []error{f.err, &backoff.RetryAfterError{Duration: f.after}}
	}
	return []error{f.err}
}

// call is one request and its tries.
type call struct {
	client   *Client
	request  *Request
	body     []byte
	tries    int       // so far
	few      int       // of them, those that fewTries bounds
	failures int       // of tries, other than a 429
	failed   time.Time // when the first failure came, other than a 429; zero if none
	refused  time.Time // when the first 429 came; zero if none
}

// retry sends a request until an answer is accepted, the tries and the patience are used up, or ctx ends.
func (c *Client) retry(ctx context.Context, body []byte, r *Request) (*Answer, error) {
	k := &call{client: c, request: r, body: body}
	answer, err := backoff.Retry(ctx, func() (*Answer, error) { return k.try(ctx) },
		backoff.WithBackOff(&jitter{random: c.options.Random}),
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.options.Notify(k.notice(err, wait))
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

// notice tells the user of a failure, the wait after it, and what to do.
func (k *call) notice(err error, wait time.Duration) Notice {
	n := Notice{Reason: k.client.Redact(err).Error(), Until: time.Now().Add(wait), Try: k.tries}
	f, ok := errors.AsType[*attemptError](err)
	if ok && k.outage(f) {
		n.End = k.failed.Add(k.client.options.Patience)
	}
	if ok && f.hint != "" && f.status == 0 { // the hint for a status is to run again, which the retry does
		n.Reason += "; " + f.hint
	}
	return n
}

// try sends the request once, and again after each 429 until patience ends. The limiter makes all
// callers wait.
func (k *call) try(ctx context.Context) (*Answer, error) {
	for {
		if k.tries++; k.tries > 1 {
			k.client.stats.retries.Add(1)
		}
		answer, err := k.client.attempt(ctx, k.body, k.request)
		if err == nil {
			if err = k.request.accept(answer); err == nil {
				return answer, nil
			}
			err = &attemptError{err: err, retry: true, few: true}
		}
		f, ok := errors.AsType[*attemptError](err)
		if ctx.Err() != nil || !ok {
			return nil, backoff.Permanent(err)
		}
		if f.status == http.StatusTooManyRequests && k.patient() {
			continue
		}
		k.failures++
		if k.failed.IsZero() {
			k.failed = time.Now()
		}
		if k.enough(f) || !f.retry || f.status == http.StatusTooManyRequests {
			return nil, backoff.Permanent(f)
		}
		return nil, f
	}
}

// outage reports whether the server is down: it may be up again within the patience. A server that never answered
// may not exist.
func (k *call) outage(f *attemptError) bool {
	return f.down && !f.absent && !(k.request.Records && f.status == http.StatusInternalServerError)
}

// enough reports whether to stop: the tries and, in an outage, the patience are used up. If the server is
// able to answer, and the answer is unlikely to change, a few tries are enough.
func (k *call) enough(f *attemptError) bool {
	options := k.client.options
	if k.failures > options.Retries && !(k.outage(f) && time.Since(k.failed) < options.Patience) {
		return true
	}
	if f.absent && k.failures >= reachTries {
		return true
	}
	if f.few || k.request.FewTries > 0 && f.status == http.StatusInternalServerError {
		k.few++
	}
	return k.few >= cmp.Or(k.request.FewTries, fewTries)
}

func (k *call) patient() bool {
	if k.refused.IsZero() {
		k.refused = time.Now()
	}
	return time.Since(k.refused) < k.client.options.Limiter.Patience()
}

// verdict gives the error for the user: the last failure, the number of tries and a hint.
func (k *call) verdict(err error) error {
	f, ok := errors.AsType[*attemptError](err)
	if !ok {
		return err
	}
	out, hint := f.err, f.hint
	switch {
	case k.tries > 1 && k.outage(f) && k.client.options.Patience > 0:
		out = fmt.Errorf("%w (%d tries in %s)", out, k.tries, time.Since(k.failed).Round(time.Second))
	case k.tries > 1:
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

// outageError is a failure that does not depend on the query.
type outageError struct{ error }

func (e *outageError) Unwrap() error { return e.error }

// IsOutage reports whether an error is of the network or the whole server, not of one query.
func IsOutage(err error) bool { return errors.As(err, new(*outageError)) }

// Pause waits for a random part of most.
func (c *Client) Pause(ctx context.Context, most time.Duration) error {
	return limit.Sleep(ctx, time.Duration(c.options.Random()*float64(most)))
}

// jitter is a back-off of random length between zero and a ceiling that doubles.
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

// transportError explains an error of the transport. A bad certificate, a redirect, and an unknown host that never
// answered are not retried: only a person can correct them.
func (c *Client) transportError(err error) *attemptError {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the rest repeats the URL
	}
	f := &attemptError{err: fmt.Errorf("POST %s: %w", c.address(), err), retry: true, down: true}
	f.absent = !c.options.Answered.Load()
	dns, _ := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errRedirected):
		f.retry, f.hint = false, "if that is the API's address, make it the endpoint"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		f.retry = false
		f.hint = "the server's certificate is not trusted; if it is a proxy's, install it (SSL_CERT_FILE)"
	case dns != nil && dns.IsNotFound:
		f.retry, f.hint = !f.absent, "check the endpoint's spelling and the network"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.hint = "check the endpoint's host and port, and whether the server is up"
	case errors.Is(err, http.ErrSchemeMismatch):
		f.retry, f.hint = false, "the endpoint seems to serve plain http"
	}
	return f
}

// retryAfter reads the header's seconds or date, at most longestAfter. A missing, past or malformed
// value gives zero.
func retryAfter(header string) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(longestAfter/time.Second))) * time.Second
	}
	date, _ := http.ParseTime(header)
	return min(max(time.Until(date), 0), longestAfter)
}
