package limit

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limiter lets at most a number of requests start in any window of time, in the order of the calls.
// Bursts inside the window are free. All methods may be called concurrently.
//
// The server counts arrivals, and a request can overtake another on the network. So the window is
// longer than configured: by 2 % (20 ms to 1 s) for the network, and by a thousandth for a difference
// between the clocks. A request counts from when it was written, or later if its answer is slow.
//
// With a shared Budget, requests and pauses of other processes count like those of this process.
type Limiter struct {
	turn *semaphore.Weighted // its holder is next

	mu       sync.Mutex
	shared   Budget
	requests int
	per      time.Duration // 0: no limit
	log      []*Grant      // requests inside the window, in the order they were written
	until    time.Time     // end of the pause that was last seen
	paused   time.Time     // when this process last decided about a pause
	refusals int           // in a row that no accepted request has ended
	resumed  chan struct{} // closed when a pause ends early
}

// Grant is a request that may start.
type Grant struct {
	limiter *Limiter
	at      time.Time // when it was granted
	sent    time.Time // when it was written; until that is known, at
	probe   bool      // it tests whether the server answers again, while all others wait
	settled bool      // the server has received it, or never will
}

// New gives a limiter of a number of requests, at least one, in any window of length per. Without per,
// there is no limit.
func New(requests int, per time.Duration) *Limiter {
	l := &Limiter{turn: semaphore.NewWeighted(1), shared: &alone{}, resumed: make(chan struct{})}
	l.SetRate(requests, per)
	return l
}

// SetRate changes the limit. Requests already granted still count.
func (l *Limiter) SetRate(requests int, per time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests, l.per = max(requests, 1), max(per, 0)
}

// Left gives the number of requests that may start now without a wait.
func (l *Limiter) Left(ctx context.Context) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := 0
	_ = l.shared.Take(ctx, l.window(), func(now time.Time, others []time.Time, until time.Time) (bool, time.Time) {
		if l.forget(now); until.IsZero() {
			left = max(l.requests-len(l.log)-len(others), 0)
		}
		return false, time.Time{}
	})
	return left
}

// Wait blocks until a request may start, and counts it. If ctx ends first, it returns the cause and
// counts nothing. Before each sleep it calls blocked, if not nil, with the expected end of the wait and the
// reason; the reason is empty if it was given before.
func (l *Limiter) Wait(ctx context.Context, blocked func(until time.Time, why string)) (*Grant, error) {
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	defer l.turn.Release(1)
	for ctx.Err() == nil {
		granted, wait, err := l.take(ctx)
		if err != nil || granted != nil {
			return granted, err
		}
		if blocked != nil {
			blocked(wait.until, wait.why)
		}
		wait.sleep(ctx)
	}
	return nil, context.Cause(ctx)
}

// wait is the reason to sleep before the next try.
type wait struct {
	until   time.Time
	why     string
	look    time.Time       // when to try again
	resumed <-chan struct{} // or when this is closed
}

// lookEvery bounds the time until a process sees that another one ended a pause.
const lookEvery = time.Second

func (w wait) sleep(ctx context.Context) {
	timer := time.NewTimer(time.Until(w.look))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.resumed:
	case <-ctx.Done():
	}
}

// take counts a request that starts now, or gives the reason to wait.
func (l *Limiter) take(ctx context.Context) (granted *Grant, w wait, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.shared.Take(ctx, l.window(), func(
		now time.Time, others []time.Time, until time.Time,
	) (start bool, pause time.Time) {
		granted, w = l.decide(now, others, until)
		if granted == nil || !granted.probe {
			return granted != nil, time.Time{}
		}
		l.until = now.Add(l.probeEvery()) // the others wait for its answer
		return true, l.until
	})
	return granted, w, err
}

func (l *Limiter) decide(now time.Time, others []time.Time, until time.Time) (*Grant, wait) {
	if now.Before(until) {
		w := wait{until: until, look: now.Add(min(until.Sub(now), lookEvery)), resumed: l.resumed}
		if until.After(l.until.Add(time.Second)) { // less is our own, read back
			l.until, w.why = until, othersPaused
		}
		return nil, w
	}
	l.forget(now)
	if l.per > 0 && len(l.log)+len(others) >= l.requests {
		again, why := l.nextFree(others)
		return nil, wait{until: again, why: why, look: again}
	}
	granted := l.record(now)
	granted.probe = !until.IsZero()
	return granted, wait{}
}

// nextFree gives the time at which one more request fits into the window.
func (l *Limiter) nextFree(others []time.Time) (at time.Time, why string) {
	why = usedUp
	if len(others) > 0 {
		why = usedByOthers
	}
	sent := slices.Clone(others)
	for _, g := range l.log {
		sent = append(sent, g.sent)
	}
	slices.SortFunc(sent, time.Time.Compare)
	// A nanosecond more: a window of exactly per holds both its ends.
	return sent[len(sent)-l.requests].Add(l.window() + 1), why
}

// CountExtra counts a request that the transport sent by itself: a replay or a redirect.
func (l *Limiter) CountExtra() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.record(now)
	l.shared.Note(now)
}

// Written reports that the request was written now.
func (g *Grant) Written() {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.place(g, now)
	if now.Sub(g.at) > 2*time.Millisecond { // less is within the margin of the window
		l.shared.Moved(g.at, now)
	}
}

// shortest is the window from which slow answers count. Shorter ones are a client's own choice.
const shortest = 2 * time.Second

// Settled reports that the server has answered, or that the request has failed. The server received it at some moment
// before. If that took longer than the margin of the window, the request counts from now on, less the margin.
func (g *Grant) Settled() {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.settle(time.Now())
}

func (g *Grant) settle(now time.Time) {
	l := g.limiter
	before, late := g.sent, now.Add(-l.latency())
	if g.settled || l.per < shortest || !late.After(before) {
		g.settled = true
		return
	}
	g.settled = true
	l.place(g, late)
	l.shared.Moved(before, late)
}

func (l *Limiter) record(at time.Time) *Grant {
	g := &Grant{limiter: l, at: at}
	l.place(g, at)
	return g
}

// place moves a request in the log to the time it was written.
func (l *Limiter) place(g *Grant, sent time.Time) {
	if l.per == 0 {
		return
	}
	if i := slices.Index(l.log, g); i >= 0 {
		l.log = slices.Delete(l.log, i, i+1)
	}
	g.sent = sent
	i, _ := slices.BinarySearchFunc(l.log, sent, func(g *Grant, at time.Time) int { return g.sent.Compare(at) })
	l.log = slices.Insert(l.log, i, g)
}

// forget drops the requests that have left the window.
func (l *Limiter) forget(now time.Time) {
	gone, edge := 0, now.Add(-l.window())
	for gone < len(l.log) && l.log[gone].sent.Before(edge) {
		gone++
	}
	l.log = slices.Delete(l.log, 0, gone)
}

func (l *Limiter) window() time.Duration {
	if l.per == 0 {
		return 0
	}
	return l.per + l.per/1000 + l.latency()
}

// latency gives the longest expected time of a request to the server.
func (l *Limiter) latency() time.Duration {
	return min(max(l.per/50, 20*time.Millisecond), time.Second)
}

// Sleep waits for d. If ctx ends first, it returns the cause.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
