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
	End    time.Time // if the server is down: when the client may give up
}

// Throttled reports a wait for the configured or the server's rate limit.
func (n Notice) Throttled() bool { return n.Try == 0 }

// String gives the notice as one line.
func (n Notice) String() string {
	if n.Throttled() {
		return fmt.Sprintf("waiting until %s: %s", n.Until.Format(time.TimeOnly), n.Reason)
	}
	wait := time.Until(n.Until).Round(100 * time.Millisecond)
	if n.End.After(n.Until) {
		return fmt.Sprintf("retry in %s, giving up after %s: %s", wait, n.End.Format(time.TimeOnly), n.Reason)
	}
	return fmt.Sprintf("retry in %s: %s", wait, n.Reason)
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
		Throttled: c.stats.throttled.move(0),
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

// move changes the number of callers inside, and gives the time so far.
func (w *stopwatch) move(by int) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.inside > 0 {
		w.sum += now.Sub(w.since)
	}
	w.inside, w.since = w.inside+by, now
	return w.sum
}
