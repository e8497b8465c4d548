package limit

import "time"

// Budget is a record of requests that several processes share. Its calls are short.
type Budget interface {
	// Take calls decide once, while no other process decides: with the time, the starts of other
	// processes' requests within the window before it, in any order, and the end of a pause. If
	// decide returns true, Take records a request that starts now.
	Take(window time.Duration, decide func(now time.Time, others []time.Time, until time.Time) bool)
	Note(at time.Time)        // records a request that started
	Moved(from, to time.Time) // corrects the start of a request that Take recorded
	Pause(until time.Time)    // no request may start before
}

// alone is the budget of a process that shares none.
type alone struct{}

func (alone) Take(_ time.Duration, decide func(time.Time, []time.Time, time.Time) bool) {
	decide(time.Now(), nil, time.Time{})
}

func (alone) Note(time.Time)             {}
func (alone) Moved(time.Time, time.Time) {}
func (alone) Pause(time.Time)            {}

// Share makes the limiter count the requests of other processes, and reports its own to them.
func (l *Limiter) Share(b Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shared = b
	l.forget(time.Now())
	for _, g := range l.log {
		b.Note(g.sent)
	}
}

// Reasons why a request has to wait.
const (
	usedUp       = "the configured rate limit is used up"
	usedByOthers = "the rate limit is used up, in part by other runs on this machine"
	othersPaused = "the server refused another run on this machine"
)
