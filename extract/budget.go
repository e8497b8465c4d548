package extract

import "time"

// Budget is what the limiters of several processes share. Its calls are short.
type Budget interface {
	// Take calls decide, once, with the time, the starts of the requests of others
	// in the window before it, in any order, and the time until which nothing may
	// start. If decide says so it notes a request that starts now. Nobody else
	// decides meanwhile.
	Take(window time.Duration, decide func(now time.Time, others []time.Time, until time.Time) bool)
	Note(at time.Time)        // a request started
	Moved(from, to time.Time) // one that was taken started later
	Pause(until time.Time)    // nothing may start before
}

// Share makes the limiter count what others asked, and tells them what was asked
// here. Call it before the first request, or to change over to another budget.
func (l *Limiter) Share(b Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shared = b
	l.forget(time.Now())
	for _, s := range l.log {
		b.Note(s.sent)
	}
}

// Why a request has to wait, where the user has not been told.
const (
	usedUp       = "the configured rate limit is used up"
	usedByOthers = "the rate limit is used up, in part by other runs on this machine"
	othersPaused = "the server refused another run on this machine"
)

// lateAfter is how much later than granted a request must have been written for
// other processes to be told: less is within the slack they allow it.
const lateAfter = 2 * time.Millisecond
