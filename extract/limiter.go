package extract

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Bounds of the pause after a 429 that carries no Retry-After.
const (
	minPause     = time.Second
	maxPause     = time.Minute
	serverWindow = 5 * time.Minute // CIViC's own, for who configured a shorter one
)

// Limiter lets at most a number of requests start in any window of time, for
// all clients that share it. Bursts inside the window are free. Requests are
// granted in the order they were asked for. All methods may be called
// concurrently.
//
// A request counts from when it was written to its connection: one that had to
// dial first arrives later than it was granted. The window is kept a little
// longer than asked for (2 %, at least 20 ms, at most 1 s): the server counts
// arrivals, and a request can overtake another on the way.
//
// Limiters of several processes share a Budget: what others asked counts as if
// this process had, and a pause is everyone's.
//
// After a pause no single probe goes first: no more than the callers' own
// concurrency is ever under way, and the first of them that is refused pauses
// the others again.
type Limiter struct {
	turn *semaphore.Weighted // whose holder is next; first come, first served

	mu       sync.Mutex
	shared   Budget // nil: nobody else's requests are known
	requests int
	per      time.Duration
	sent     []time.Time // starts of requests inside the window, oldest first
	others   time.Time   // start of the oldest request inside the window by another process; zero if none
	until    time.Time   // nothing starts before
	paused   time.Time   // when until was last decided upon
	refusals int         // pauses in a row that no accepted request has ended
}

// NewLimiter gives a limiter of so many requests in any window of length per.
// Fewer than one request counts as one; a per of zero or less is no limit.
func NewLimiter(requests int, per time.Duration) *Limiter {
	l := &Limiter{turn: semaphore.NewWeighted(1)}
	l.SetRate(requests, per)
	return l
}

// SetRate changes the limit. Requests already granted still count.
func (l *Limiter) SetRate(requests int, per time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests, l.per = max(requests, 1), max(per, 0)
}

// Wait blocks until a request may start, and counts it. It gives the cause of
// ctx when that ends first; nothing is counted then.
func (l *Limiter) Wait(ctx context.Context) error {
	_, err := l.wait(ctx, func(time.Time, string) {})
	return err
}

// Left is how many requests may start now without a wait.
func (l *Limiter) Left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := 0
	count := func(now time.Time, others []time.Time, until time.Time) bool {
		if l.forget(now); !now.Before(l.until) && !now.Before(until) {
			left = max(l.requests-len(l.sent)-len(others), 0)
		}
		return false
	}
	if l.shared == nil {
		count(time.Now(), nil, time.Time{})
	} else {
		l.shared.Take(l.window(), count)
	}
	return left
}

// Pause lets no request start before the given time. It never shortens an
// earlier pause.
func (l *Limiter) Pause(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.extend(until)
}

// wait is Wait; it gives the time of the grant, and tells blocked, before it
// sleeps, until when and why. It does not say why where refused has.
func (l *Limiter) wait(ctx context.Context, blocked func(until time.Time, why string)) (time.Time, error) {
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return time.Time{}, context.Cause(ctx)
	}
	defer l.turn.Release(1)
	for {
		if ctx.Err() != nil {
			return time.Time{}, context.Cause(ctx)
		}
		at, why, ok := l.take()
		if ok {
			return at, nil
		}
		blocked(at, why)
		sleep(ctx, time.Until(at))
	}
}

// take counts a request that starts now, or says when to ask again and why.
func (l *Limiter) take() (at time.Time, why string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shared == nil {
		return l.decide(time.Now(), nil, time.Time{})
	}
	l.shared.Take(l.window(), func(now time.Time, others []time.Time, until time.Time) bool {
		at, why, ok = l.decide(now, others, until)
		return ok
	})
	return at, why, ok
}

// decide is take, with what others did.
func (l *Limiter) decide(now time.Time, others []time.Time, until time.Time) (at time.Time, why string, ok bool) {
	if until.After(l.until.Add(time.Second)) { // less is our own, read back
		l.until, why = until, othersPaused
	}
	if now.Before(l.until) {
		return l.until, why, false
	}
	l.forget(now)
	if len(others) > 0 {
		slices.SortFunc(others, time.Time.Compare)
		l.others = others[0]
	}
	if l.per > 0 && len(l.sent)+len(others) >= l.requests {
		return l.freeAt(others)
	}
	l.record(now)
	return now, "", true
}

// freeAt is when one more request fits into the window. Others' are sorted.
func (l *Limiter) freeAt(others []time.Time) (at time.Time, why string, ok bool) {
	all, why := l.sent, usedUp
	if len(others) > 0 {
		all, why = slices.Concat(l.sent, others), usedByOthers
		slices.SortFunc(all, time.Time.Compare)
	}
	// A nanosecond more: a window of exactly per holds both its ends.
	return all[len(all)-l.requests].Add(l.window() + 1), why, false
}

// note counts a request that the transport sent on its own account (a replay on
// a new connection, a redirect), so that the log stays true.
func (l *Limiter) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.record(now)
	if l.shared != nil {
		l.shared.Note(now)
	}
}

// wrote says that the request granted at that time went out only now.
func (l *Limiter) wrote(granted time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.sent, granted.Equal); i >= 0 {
		l.sent = slices.Delete(l.sent, i, i+1)
	}
	now := time.Now()
	l.record(now)
	if l.shared != nil && now.Sub(granted) > lateAfter {
		l.shared.Moved(granted, now)
	}
}

func (l *Limiter) record(at time.Time) {
	if l.per > 0 {
		l.sent = append(l.sent, at)
	}
}

// forget drops what has left the window.
func (l *Limiter) forget(now time.Time) {
	gone, edge := 0, now.Add(-l.window())
	for gone < len(l.sent) && l.sent[gone].Before(edge) {
		gone++
	}
	if l.others.Before(edge) {
		l.others = time.Time{}
	}
	if gone > 0 {
		l.sent = append(l.sent[:0], l.sent[gone:]...)
	}
}

func (l *Limiter) window() time.Duration {
	if l.per == 0 {
		return 0
	}
	return l.per + min(max(l.per/50, 20*time.Millisecond), time.Second)
}

// refused takes note of a 429 to a request granted at sent, and says until when
// everyone pauses. It is fresh when this answer decided so: the answers to
// requests that were under way when the pause began change nothing.
//
// Without a Retry-After the end of the server's window is unseen. The first
// pause lasts until the oldest request we know of has left a window; those
// after it back off with full jitter.
func (l *Limiter) refused(sent time.Time, after time.Duration, random func() float64) (until time.Time, fresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	known := !sent.After(l.paused)
	switch {
	case after > 0 && (!known || now.Add(after).After(l.until.Add(time.Second))):
		l.extend(now.Add(after))
	case known:
		return l.until, false
	case l.refusals == 0:
		l.extend(l.windowEnd(now))
	default:
		ceiling := min(minPause<<min(l.refusals, 10), maxPause)
		l.extend(now.Add(max(time.Duration(random()*float64(ceiling)), min(minPause, l.per))))
	}
	l.refusals++
	l.paused = now
	return l.until, true
}

// windowEnd is when a window that began with the oldest request in the log is
// over: at most per from now.
func (l *Limiter) windowEnd(now time.Time) time.Time {
	l.forget(now)
	end := now.Add(l.per)
	if len(l.sent) > 0 && l.sent[0].Add(l.per).Before(end) {
		end = l.sent[0].Add(l.per)
	}
	if !l.others.IsZero() && l.others.Add(l.per).Before(end) {
		end = l.others.Add(l.per)
	}
	if floor := now.Add(min(minPause, l.per)); end.Before(floor) {
		return floor
	}
	return end
}

func (l *Limiter) extend(until time.Time) {
	if !until.After(l.until) {
		return
	}
	l.until = until
	if l.shared != nil {
		l.shared.Pause(until)
	}
}

// accepted ends a row of refusals: a request granted at sent was answered.
func (l *Limiter) accepted(sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent.After(l.paused) {
		l.refusals = 0
	}
}

// patience is how long a request goes on asking while it is refused: longer
// than any window, ours or the server's.
func (l *Limiter) patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2*max(l.per, serverWindow) + maxPause
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
