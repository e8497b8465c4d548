package extract

import "time"

// Bounds of the pause after a 429 that carries no Retry-After.
const (
	minPause     = time.Second
	maxPause     = time.Minute
	serverWindow = 5 * time.Minute // CIViC's own, for who configured a shorter one
)

// refused takes note of a 429 to a request, and says until when
// everyone pauses. It is fresh when this answer decided so: the answers to
// requests that were under way when the pause began change nothing.
//
// Without a Retry-After the end of the server's window is unseen. The first
// pause lasts until the oldest request we know of has left a window; those
// after it back off with full jitter.
func (l *Limiter) refused(s *start, after time.Duration, random func() float64) (until time.Time, fresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	known := !s.at.After(l.paused)
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
	if len(l.log) > 0 && l.log[0].sent.Add(l.per).Before(end) {
		end = l.log[0].sent.Add(l.per)
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

// accepted ends a row of refusals: the request was answered.
func (l *Limiter) accepted(s *start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.at.After(l.paused) {
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
