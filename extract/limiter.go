package extract

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limiter lets at most a number of requests start in any window of time, for
// all clients that share it. Bursts inside the window are free. Requests are
// granted in the order they were asked for. All methods may be called
// concurrently.
//
// The server counts arrivals, and a request can overtake another on the way. So
// a request counts from when the server must have seen it: when its answer
// began or, if that comes first, a little after it was written (2 % of the
// window, at least 20 ms, at most 1 s) and what the answer took longer than the
// fastest one: it may have been lost on the way there. The window is kept a
// thousandth longer than asked for, as two clocks never run alike.
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
	log      []*start      // requests inside the window, in the order they were seen
	others   time.Time     // start of the oldest request inside the window by another process; zero if none
	until    time.Time     // nothing starts before
	paused   time.Time     // when until was last decided upon
	refusals int           // pauses in a row that no accepted request has ended
	fastest  time.Duration // from a request to its answer, of all so far; 0: there was none
}

// start is a request that was granted.
type start struct {
	at   time.Time // when
	sent time.Time // when it was written; until that is known, at
	seen time.Time // by when the server has seen it
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
			left = max(l.requests-len(l.log)-len(others), 0)
		}
		return false
	}
	if l.shared == nil {
		count(time.Now(), nil, time.Time{})
	} else {
		l.shared.Take(l.window()+l.slack(), count)
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

// wait is Wait; it gives the request, and tells blocked, before it
// sleeps, until when and why. It does not say why where refused has.
func (l *Limiter) wait(ctx context.Context, blocked func(until time.Time, why string)) (*start, error) {
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	defer l.turn.Release(1)
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		granted, until, why := l.take()
		if granted != nil {
			return granted, nil
		}
		blocked(until, why)
		sleep(ctx, time.Until(until))
	}
}

// take counts a request that starts now, or says when to ask again and why.
func (l *Limiter) take() (granted *start, again time.Time, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shared == nil {
		return l.decide(time.Now(), nil, time.Time{})
	}
	l.shared.Take(l.window()+l.slack(), func(now time.Time, others []time.Time, until time.Time) bool {
		granted, again, why = l.decide(now, others, until)
		return granted != nil
	})
	return granted, again, why
}

// decide is take, with what others did.
func (l *Limiter) decide(now time.Time, others []time.Time, until time.Time) (granted *start, again time.Time, why string) {
	if until.After(l.until.Add(time.Second)) { // less is our own, read back
		l.until, why = until, othersPaused
	}
	if now.Before(l.until) {
		return nil, l.until, why
	}
	l.forget(now)
	if len(others) > 0 {
		slices.SortFunc(others, time.Time.Compare)
		l.others = others[0]
	}
	if l.per > 0 && len(l.log)+len(others) >= l.requests {
		again, why = l.freeAt(others)
		return nil, again, why
	}
	return l.record(now), time.Time{}, ""
}

// freeAt is when one more request fits into the window. Others' are sorted.
func (l *Limiter) freeAt(others []time.Time) (at time.Time, why string) {
	why = usedUp
	var seen []time.Time
	for _, s := range l.log {
		seen = append(seen, s.seen)
	}
	for _, at := range others {
		why = usedByOthers
		seen = append(seen, at.Add(l.slack()))
	}
	slices.SortFunc(seen, time.Time.Compare)
	// A nanosecond more: a window of exactly per holds both its ends.
	return seen[len(seen)-l.requests].Add(l.window() + 1), why
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

// wrote says that the request went out only now.
func (l *Limiter) wrote(s *start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.place(s, now, now.Add(l.slack()))
	if l.shared != nil && now.Sub(s.at) > lateAfter {
		l.shared.Moved(s.at, now)
	}
}

// answered says that an answer to the request has begun: the server has seen it
// by now.
func (l *Limiter) answered(s *start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.per == 0 {
		return
	}
	took := time.Since(s.sent)
	if l.fastest == 0 || took < l.fastest {
		l.fastest = took
	}
	late := min(took-l.fastest, l.per/10) // most of what is longer was work, not way
	l.place(s, s.sent, s.sent.Add(min(took, l.slack()+late)))
}

func (l *Limiter) record(at time.Time) *start {
	s := &start{at: at}
	l.place(s, at, at.Add(l.slack()))
	return s
}

// place puts a request where it belongs in the log.
func (l *Limiter) place(s *start, sent, seen time.Time) {
	if l.per == 0 {
		return
	}
	if i := slices.Index(l.log, s); i >= 0 {
		l.log = slices.Delete(l.log, i, i+1)
	}
	s.sent, s.seen = sent, seen
	i, _ := slices.BinarySearchFunc(l.log, seen, func(s *start, at time.Time) int { return s.seen.Compare(at) })
	l.log = slices.Insert(l.log, i, s)
}

// forget drops what has left the window.
func (l *Limiter) forget(now time.Time) {
	gone, edge := 0, now.Add(-l.window())
	for gone < len(l.log) && l.log[gone].seen.Before(edge) {
		gone++
	}
	if l.others.Before(edge) {
		l.others = time.Time{}
	}
	l.log = slices.Delete(l.log, 0, gone)
}

func (l *Limiter) window() time.Duration { return l.per + l.per/1000 }

// slack is how long a request is taken to be on its way, while nothing shows
// that it has arrived.
func (l *Limiter) slack() time.Duration {
	if l.per == 0 {
		return 0
	}
	return min(max(l.per/50, 20*time.Millisecond), time.Second)
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
