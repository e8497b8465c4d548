package limit

import (
	"context"
	"time"
)

// Budget is a record of requests that several processes share, and of a pause of all of them. The pause ends with
// Resume: when its time is over, one request may test whether the server answers again.
type Budget interface {
	// Take calls decide, while no other process decides: with the time, the starts of other processes'
	// requests within the window before it, in any order, and the time until which all pause. That is zero if
	// nobody pauses, and past if a test is due. If decide returns true, Take records a request that starts now.
	// It sets the end of the pause to a time that decide returns, unless it is zero. Take waits for other processes;
	// if ctx ends first, it returns the cause, and may not have called decide.
	Take(ctx context.Context, window time.Duration, decide Decide) error
	Note(at time.Time)        // records a request that started
	Moved(from, to time.Time) // corrects the start of a request that Take recorded
	Pause(until time.Time)    // no request may start before
	Resume()                  // ends the pause
}

// Decide is the decision on a request; see Budget.
type Decide = func(now time.Time, others []time.Time, until time.Time) (start bool, pause time.Time)

// alone is the budget of a process that shares none.
type alone struct{ until time.Time }

func (a *alone) Take(ctx context.Context, _ time.Duration, decide Decide) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, pause := decide(time.Now(), nil, a.until); !pause.IsZero() {
		a.until = pause
	}
	return nil
}

func (*alone) Note(time.Time)             {}
func (*alone) Moved(time.Time, time.Time) {}

func (a *alone) Pause(until time.Time) {
	if until.After(a.until) {
		a.until = until
	}
}

func (a *alone) Resume() { a.until = time.Time{} }

// Share makes the limiter count the requests of other processes, and reports its own to them.
func (l *Limiter) Share(b Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own, ok := l.shared.(*alone); ok && !own.until.IsZero() {
		b.Pause(own.until)
	}
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
