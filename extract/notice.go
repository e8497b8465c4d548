package extract

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Notice tells the user why nothing seems to happen.
type Notice struct {
	Reason string    // what went wrong or what is waited for
	Until  time.Time // when the next try starts
	Try    int       // tries so far; 0 where a rate limit is what is waited for
}

// Throttled says that the rate limit is waited for: the configured one, or the
// server's.
func (n Notice) Throttled() bool { return n.Try == 0 }

// String is the notice as one line.
func (n Notice) String() string {
	if n.Throttled() {
		return fmt.Sprintf("waiting until %s: %s", n.Until.Format(time.TimeOnly), n.Reason)
	}
	return fmt.Sprintf("trying again in %s: %s", time.Until(n.Until).Round(100*time.Millisecond), n.Reason)
}

// Stats counts what a client did.
type Stats struct {
	Requests  int           // sent, with those tried again
	Retries   int           // of them, those that asked something again
	Resumed   int           // answers taken from an earlier run, not asked for
	Throttled time.Duration // time in which at least one caller waited for the rate limit
	Bytes     int64         // of bodies received, as they came (compressed)
}

// Stats gives what the client did so far.
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

// stopwatch runs while at least one caller is inside, and so counts wall time
// once however many wait.
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
