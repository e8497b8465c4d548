package limit

import "time"

// Bounds of the pause after a 429 that carries no Retry-After.
const (
	minPause = time.Second
	maxPause = time.Minute
)

// ServerWindow is the length of CIViC's own window.
const ServerWindow = 5 * time.Minute

// Refused reports a 429 for the request, and gives the end of the pause of all requests. It is fresh
// when this answer decided the pause: answers to requests from before the pause change nothing.
//
// Without a Retry-After, the first pause lasts until the oldest known request has left a window; later
// ones back off with full jitter. Random gives numbers in [0, 1).
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

// windowEnd gives the end of a window that began with the oldest known request.
func (l *Limiter) windowEnd(now time.Time) time.Time {
	l.forget(now)
	oldest := now
	if len(l.log) > 0 {
		oldest = l.log[0].sent
	}
	if !l.others.IsZero() && l.others.Before(oldest) {
		oldest = l.others
	}
	return now.Add(max(oldest.Add(l.per).Sub(now), min(minPause, l.per)))
}

func (l *Limiter) extend(until time.Time) {
	if !until.After(l.until) {
		return
	}
	l.until = until
	l.shared.Pause(until)
}

// Accepted reports an answer other than a 429, which ends a row of refusals.
func (g *Grant) Accepted() {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.at.After(l.paused) {
		l.refusals = 0
	}
}

// Patience gives how long a client should repeat a refused request: longer than any window.
func (l *Limiter) Patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2*max(l.per, ServerWindow) + maxPause
}
