package graphql

import (
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// script is a server in memory, under a fake clock: it gives the answers in
// turn, the last one for ever, after a second each.
type script struct {
	answers []scripted

	mu sync.Mutex
	at []time.Time // when requests arrived
}

type scripted struct {
	status int
	after  string // Retry-After
	body   string
}

var fine = scripted{200, "", good}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	answer := s.answers[min(len(s.at), len(s.answers)-1)]
	s.at = append(s.at, time.Now())
	s.mu.Unlock()
	pause(r.Context(), time.Second)
	header := http.Header{}
	if answer.after != "" {
		header.Set("Retry-After", answer.after)
	}
	return &http.Response{StatusCode: answer.status, Header: header, Body: io.NopCloser(strings.NewReader(answer.body)), Request: r}, nil
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// waits are the times between an answer and the next request.
func (s *script) waits() []time.Duration {
	var list []time.Duration
	for i := 1; i < len(s.at); i++ {
		list = append(list, s.at[i].Sub(s.at[i-1])-time.Second)
	}
	return list
}

func scriptedClient(t *testing.T, s *script, l *limit.Limiter, set ...func(*Options)) *Client {
	return client(t, "https://civicdb.org/api/graphql", append([]func(*Options){func(o *Options) {
		o.Transport, o.Limiter, o.Retries, o.Timeout = s, l, 8, time.Minute
		o.Random = func() float64 { return 0.5 }
	}}, set...)...)
}

func TestRetryBacksOff(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name    string
		answers []scripted
		waits   []time.Duration
		err     string
	}{
		{"jitter under a ceiling that doubles", []scripted{{503, "", ""}},
			[]time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms, 15000 * ms, 15000 * ms}, "503 Service Unavailable (9 tries); the server is in trouble; run again later"},
		{"Retry-After in seconds", []scripted{{503, "7", ""}, fine}, []time.Duration{7 * time.Second}, ""},
		{"Retry-After too long", []scripted{{503, "99999999", ""}, fine}, []time.Duration{longestAfter}, ""},
		{"Retry-After of zero", []scripted{{503, "0", ""}, fine}, []time.Duration{250 * ms}, ""},
		{"Retry-After of nonsense", []scripted{{503, "soon", ""}, fine}, []time.Duration{250 * ms}, ""},
		{"Retry-After negative", []scripted{{503, "-5", ""}, fine}, []time.Duration{250 * ms}, ""},
		{"few tries of a wrong answer", []scripted{{200, "", `{"data":null}`}}, []time.Duration{250 * ms, 500 * ms}, "data is null and no error says why (3 tries)"},
		{"wrong answers between faults", []scripted{{200, "", `{"data":null}`}, {500, "", ""}, {200, "", `{"data":null}`}, {500, "", ""}, fine},
			[]time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: test.answers}
				c := scriptedClient(t, s, limit.New(1, 0))
				_, err := c.Do(t.Context(), "{ x }", nil)
				if test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err) {
					t.Errorf("got %v, want %q", err, test.err)
				}
				if !slices.Equal(s.waits(), test.waits) {
					t.Errorf("waited %v, want %v", s.waits(), test.waits)
				}
				if c.Stats().Throttled != 0 {
					t.Errorf("back-off counted as throttling: %s", c.Stats().Throttled)
				}
			})
		})
	}
}

// down is a server that fails for a time, with a status.
type down struct {
	*script
	status int
	until  time.Time
}

func (d *down) RoundTrip(r *http.Request) (*http.Response, error) {
	d.answers = []scripted{fine}
	if time.Now().Before(d.until) {
		d.answers = []scripted{{d.status, "", ""}}
	}
	return d.script.RoundTrip(r)
}

// TestPatience: an outage is waited out, however many tries it takes; a fault that one record may cause is not, and
// retries go on after patience has ended.
func TestPatience(t *testing.T) {
	const minute = time.Minute
	tests := []struct {
		name         string
		status       int
		downFor      time.Duration
		retries      int
		patience     time.Duration
		records      bool
		want         string
		earliest, at time.Duration // the end of the request
	}{
		{"a deployment", 503, 2 * minute, 8, 5 * minute, false, "", 2 * minute, 2*minute + 40*time.Second},
		{"without retries", 502, 2 * minute, 0, 5 * minute, false, "", 2 * minute, 2*minute + 40*time.Second},
		{"too long", 503, time.Hour, 8, 5 * minute, false, "503 Service Unavailable (25 tries in 5m10s); the server is in trouble; run again later", 5 * minute, 5*minute + 40*time.Second},
		{"no patience", 503, time.Hour, 3, 0, false, "(4 tries)", 0, 10 * time.Second},
		{"short patience, many retries", 503, time.Hour, 30, minute, false, "(31 tries in", 2 * minute, 20 * minute},
		{"500", 500, 2 * minute, 8, 5 * minute, false, "", 2 * minute, 2*minute + 40*time.Second},
		{"500 of a page", 500, time.Hour, 3, 5 * minute, true, "500 Internal Server Error (4 tries)", 0, 10 * time.Second},
		{"503 of a page", 503, 2 * minute, 3, 5 * minute, true, "", 2 * minute, 2*minute + 40*time.Second},
		{"404", 404, time.Hour, 8, 5 * minute, false, "404 Not Found", 0, 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				s := &down{&script{}, test.status, begin.Add(test.downFor)}
				var last Notice
				c := client(t, "https://civicdb.org/api/graphql", func(o *Options) {
					o.Transport, o.Limiter, o.Retries, o.Patience = s, limit.New(1, 0), test.retries, test.patience
					o.Timeout, o.Random = minute, func() float64 { return 0.5 }
					o.Notify = func(n Notice) { last = n }
				})
				_, err := c.Ask(t.Context(), &Request{Query: "{ x }", Fresh: true, Records: test.records})
				took := time.Since(begin)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if took < test.earliest || took > test.at {
					t.Errorf("took %s, want %s to %s", took, test.earliest, test.at)
				}
				says := strings.Contains(last.String(), "giving up after")
				if test.want == "" && (!says || strings.Contains(last.String(), "run again later")) {
					t.Errorf("it said %q", last)
				}
			})
		})
	}
}

// unreachable is a server that cannot be reached for a time, from a number of requests on.
type unreachable struct {
	*script
	from  int
	until time.Time
	err   error
}

func (u *unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(u.at) >= u.from && time.Now().Before(u.until) {
		return nil, u.err
	}
	return u.script.RoundTrip(r)
}

// TestUnreachable: a server that never answered may not exist, so a few tries are enough. One that answered before is
// waited for. Each warning says what to do.
func TestUnreachable(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	silent := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	unknown := &net.DNSError{Err: "no such host", Name: "civicdb.org", IsNotFound: true}
	tests := []struct {
		name     string
		answered int
		err      error
		want     string // "" for success
		warning  string
		most     time.Duration
	}{
		{"a wrong port", 0, refused, "connection refused (5 tries); check the endpoint's host and port", "check the endpoint's host and port", 8 * time.Second},
		{"a wrong address", 0, silent, "i/o timeout (5 tries)", "retry in ", 8 * time.Second},
		{"a wrong host", 0, unknown, "no such host; check the endpoint's spelling and the network", "", time.Second},
		{"a restart", 1, refused, "", "check the endpoint's host and port", 3 * time.Minute},
		{"a lost route", 1, silent, "", "giving up after", 3 * time.Minute},
		{"a lost name server", 1, unknown, "", "check the endpoint's spelling and the network", 3 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				s := &unreachable{&script{answers: []scripted{fine}}, test.answered, begin.Add(2 * time.Minute), test.err}
				var first string
				c := client(t, "https://civicdb.org/api/graphql", func(o *Options) {
					o.Transport, o.Limiter, o.Retries, o.Patience = s, limit.New(1, 0), 8, 5*time.Minute
					o.Random = func() float64 { return 0.5 }
					o.Notify = func(n Notice) { first = cmp.Or(first, n.String()) }
				})
				var err error
				for range test.answered + 1 {
					_, err = c.Do(t.Context(), "{ x }", nil)
				}
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if took := time.Since(begin); took > test.most {
					t.Errorf("took %s, more than %s", took, test.most)
				}
				if !strings.Contains(first, test.warning) || test.warning == "" && first != "" {
					t.Errorf("it said %q, want %q", first, test.warning)
				}
			})
		})
	}
}

func TestRetryAfterDates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		tests := map[string]time.Duration{
			now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
			now.Add(90 * time.Second).Format(time.RFC850):     90 * time.Second,
			now.Add(-time.Hour).Format(http.TimeFormat):       0,
			now.Add(100 * time.Hour).Format(http.TimeFormat):  longestAfter,
			" 12 ": 12 * time.Second, "1.5": 0, "": 0, "18446744073709551616": 0, "18446744073709551615": longestAfter,
		}
		for header, want := range tests {
			if got := retryAfter(header); got != want {
				t.Errorf("%q: got %s, want %s", header, got, want)
			}
		}
	})
}

// TestRefusedPausesEveryone: one worker of four is refused; nobody sends before
// the window is over, the user hears of it once, and the time counts once.
func TestRefusedPausesEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []scripted{fine, fine, {429, "", ""}, fine}}
		var mu sync.Mutex
		var notices []Notice
		c := scriptedClient(t, s, limit.New(900, 5*time.Minute), func(o *Options) {
			o.Notify = func(n Notice) { mu.Lock(); notices = append(notices, n); mu.Unlock() }
		})
		start := time.Now()
		ask := func() {
			if _, err := c.Do(t.Context(), "{ x }", nil); err != nil {
				t.Error(err)
			}
		}
		ask()
		ask()
		var wg sync.WaitGroup
		wg.Go(ask) // is refused after a second
		time.Sleep(1500 * time.Millisecond)
		for range 3 {
			wg.Go(ask)
		}
		wg.Wait()
		for i, at := range s.at[3:] {
			want := 19 * time.Second // when the one request that asked again has its answer
			if i == 0 {
				want = 18 * time.Second
			}
			if at.Sub(start) != want {
				t.Errorf("asked %s after the start, want %s", at.Sub(start), want)
			}
		}
		if len(s.at) != 7 || len(notices) != 1 || !notices[0].Throttled() || !notices[0].Until.Equal(start.Add(18*time.Second)) {
			t.Errorf("%d requests, notices %v", len(s.at), notices)
		}
		if !strings.Contains(notices[0].String(), "the server answered 429 Too Many Requests") {
			t.Errorf("%q", notices[0])
		}
		if got, want := c.Stats().Throttled, 16*time.Second; got != want {
			t.Errorf("throttled for %s, want %s, once", got, want)
		}
	})
}

func TestRefusedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []scripted{{429, "", ""}}}
		c := scriptedClient(t, s, limit.New(10, time.Second), func(o *Options) { o.Retries = 0 })
		start := time.Now()
		_, err := c.Do(t.Context(), "{ x }", nil)
		for _, want := range []string{"429 Too Many Requests (", " tries); refused for 11m", ": lower source.rate_limit, or see whether other programs use this address"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
		}
		if d := time.Since(start); d < 2*limit.ServerWindow || d > 15*time.Minute {
			t.Errorf("gave up after %s, want longer than any window", d)
		}
		if n := len(s.at); n > 50 {
			t.Errorf("asked %d times, which is not polite", n)
		}
	})
}

func TestRefusedThenObeysRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(124 * time.Second).UTC().Format(http.TimeFormat)
		s := &script{answers: []scripted{{429, "3", ""}, {429, date, ""}, fine}}
		c := scriptedClient(t, s, limit.New(900, 5*time.Minute))
		if _, err := c.Do(t.Context(), "{ x }", nil); err != nil {
			t.Fatal(err)
		}
		if got := s.waits(); got[0] != 3*time.Second || s.at[2].Sub(s.at[0]) != 124*time.Second {
			t.Errorf("waited %v", got)
		}
		if c.Stats().Retries != 2 {
			t.Errorf("%+v", c.Stats())
		}
	})
}

// window is a server like CIViC: a fixed window of 5 minutes whose start nobody
// sees, and 429 without a word beyond it.
type window struct {
	offset   time.Duration
	most     int
	mu       sync.Mutex
	current  int64
	n        int
	refusals int
}

func (s *window) RoundTrip(r *http.Request) (*http.Response, error) {
	pause(r.Context(), 150*time.Millisecond)
	s.mu.Lock()
	if now := time.Now().Add(s.offset).UnixNano() / int64(5*time.Minute); now != s.current {
		s.current, s.n = now, 0
	}
	s.n++
	status, body := 200, good
	if s.n > s.most {
		status, body = 429, ""
		s.refusals++
	}
	s.mu.Unlock()
	pause(r.Context(), 150*time.Millisecond)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestLimitIsKeptAndUsed runs 2,000 requests on four workers against CIViC's
// limit: no refusal, and as fast as the limit lets them. When others had used
// the address before, all the same requests come through.
func TestLimitIsKeptAndUsed(t *testing.T) {
	tests := []struct {
		name  string
		used  int
		until time.Duration
		most  int // refusals
	}{
		{"alone", 0, 2*5*time.Minute + 66*time.Second, 0},
		{"a window that others had used up", 900, 15 * time.Minute, 4 + 13},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &window{offset: 2 * time.Minute, most: 900, n: test.used}
				s.current = time.Now().Add(s.offset).UnixNano() / int64(5*time.Minute)
				r := rand.New(rand.NewPCG(1, 2))
				var mu sync.Mutex
				c := client(t, "https://civicdb.org/", func(o *Options) {
					o.Transport, o.Limiter, o.Timeout = s, limit.New(900, 5*time.Minute), time.Minute
					o.Random = func() float64 { mu.Lock(); defer mu.Unlock(); return r.Float64() }
				})
				start := time.Now()
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						for range 500 {
							if _, err := c.Do(t.Context(), "{ x }", nil); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				if d := time.Since(start); d > test.until {
					t.Errorf("took %s, want at most %s", d, test.until)
				}
				if s.refusals > test.most {
					t.Errorf("%d refusals, want at most %d", s.refusals, test.most)
				}
			})
		})
	}
}
