package graphql

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Notice tells the user what a client waits for.
type Notice struct {
	Reason string    // the failure, or the limit that is waited for
	Until  time.Time // when the next try starts
	Try    int       // tries so far; 0 for a wait for the rate limit
}

// Throttled reports a wait for the rate limit: the configured one, or the server's.
func (n Notice) Throttled() bool { return n.Try == 0 }

// String is the notice as one line.
func (n Notice) String() string {
	if n.Throttled() {
		return fmt.Sprintf("waiting until %s: %s", n.Until.Format(time.TimeOnly), n.Reason)
	}
	return fmt.Sprintf("retrying in %s: %s", time.Until(n.Until).Round(100*time.Millisecond), n.Reason)
}

// Stats counts the work of a client.
type Stats struct {
	Requests  int           // sent, retries included
	Retries   int           // of them, repeated ones
	Resumed   int           // answers taken from an earlier run
	Throttled time.Duration // time in which at least one caller waited for the rate limit
	Bytes     int64         // of bodies received, compressed
}

// Stats gives the counts so far.
func (c *Client) Stats() Stats {
	return Stats{
		Requests:  int(c.stats.requests.Load()),
		Retries:   int(c.stats.retries.Load()),
		Resumed:   int(c.stats.resumed.Load()),
		Throttled: c.stats.throttled.total(),
		Bytes:     c.stats.bytes.Load(),
	}
}

type counters struct {
	requests, retries, resumed, bytes atomic.Int64
	throttled                         stopwatch
}

// stopwatch runs while at least one caller is inside, so that wall time counts once.
type stopwatch struct {
	mu     sync.Mutex
	inside int
	since  time.Time
	sum    time.Duration
}

func (w *stopwatch) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inside++; w.inside == 1 {
		w.since = time.Now()
	}
}

func (w *stopwatch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inside--; w.inside == 0 {
		w.sum += time.Since(w.since)
	}
}

func (w *stopwatch) total() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inside > 0 {
		return w.sum + time.Since(w.since)
	}
	return w.sum
}
