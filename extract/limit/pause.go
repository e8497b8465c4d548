package limit

import "time"

// Bounds of the pause after a 429 that carries no Retry-After.
const (
	minPause = time.Second
	maxPause = time.Minute
)

// ServerWindow is the length of CIViC's own window. It bounds pauses if the
// configured one is shorter.
const ServerWindow = 5 * time.Minute

// Refused reports that the answer to the request was a 429, and gives the end of
// the pause for everyone. It is fresh when this answer decided the pause: answers
// to requests that were under way when the pause began change nothing.
//
// Without a Retry-After the end of the server's window is unknown. The first pause
// lasts until the oldest request we know of has left a window; later ones back off
// with full jitter. Random gives numbers in [0, 1).
func (g *Grant) Refused(retryAfter time.Duration, random func() float64) (until time.Time, fresh bool) {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	known := !g.at.After(l.paused)
	switch {
	case retryAfter > 0 && (!known || now.Add(retryAfter).After(l.until.Add(time.Second))):
		l.extend(now.Add(retryAfter))
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

// windowEnd is the end of a window that began with the oldest request in the
// log: at most per from now.
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

// Accepted reports that the request was answered, which ends a row of refusals.
func (g *Grant) Accepted() {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.at.After(l.paused) {
		l.refusals = 0
	}
}

// Patience is how long a client should repeat a request that is refused: longer
// than any window, ours or the server's.
func (l *Limiter) Patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2*max(l.per, ServerWindow) + maxPause
}
