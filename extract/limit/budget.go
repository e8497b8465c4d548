package limit

import "time"

// Budget is the record of requests that the limiters of several processes share.
// Its calls are short.
type Budget interface {
	// Take calls decide once, with the time, the starts of the requests of other
	// processes within the window before it, in any order, and the time until which
	// no request may start. If decide returns true, Take records a request that
	// starts now. No other process decides meanwhile.
	Take(window time.Duration, decide func(now time.Time, others []time.Time, until time.Time) bool)
	Note(at time.Time)        // records a request that started
	Moved(from, to time.Time) // corrects the start of a request that Take recorded
	Pause(until time.Time)    // no request may start before
}

// Share makes the limiter count the requests of other processes and report its
// own to them. Call it before the first request, or to change to another budget.
func (l *Limiter) Share(b Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shared = b
	l.forget(time.Now())
	for _, g := range l.log {
		b.Note(g.sent)
	}
}

// Why a request has to wait, where the user has not been told.
const (
	usedUp       = "the configured rate limit is used up"
	usedByOthers = "the rate limit is used up, in part by other runs on this machine"
	othersPaused = "the server refused another run on this machine"
)

// lateAfter is the delay between grant and write from which other processes are
// told: a shorter delay is within the margin that they allow.
const lateAfter = 2 * time.Millisecond
