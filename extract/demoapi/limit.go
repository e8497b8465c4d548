package demoapi

import (
	"cmp"
	"net"
	"sync"
	"time"
)

// limiter counts requests by address in fixed windows. Clients cannot see where a window begins.
type limiter struct {
	requests int
	per      time.Duration
	now      func() time.Time

	mu     sync.Mutex
	window int64
	used   map[string]int
}

func newLimiter(requests int, per time.Duration, now func() time.Time) *limiter {
	if per <= 0 {
		per = 5 * time.Minute
	}
	return &limiter{requests: cmp.Or(requests, 900), per: per, now: now, used: map[string]int{}}
}

// allow counts a request and reports whether it is within the limit.
func (l *limiter) allow(address string) bool {
	if l.requests < 0 {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.now().UnixNano() / int64(l.per); w != l.window {
		l.window = w
		clear(l.used)
	}
	l.used[host]++
	return l.used[host] <= l.requests
}
