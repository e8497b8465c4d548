package limit

import "time"

// Bounds of the pause after a 429 that carries no Retry-After.
const (
	firstPause = time.Second
	lastPause  = 15 * time.Second
)

// ServerWindow is the length of CIViC's own window.
const ServerWindow = 5 * time.Minute

// Refused reports a 429 for the request, and gives the end of the pause of all requests. It is fresh
// when this answer decided the pause: answers to requests from before the pause change nothing.
//
// The server's window is fixed, and a refused request does not prolong it. So without a Retry-After, one request of all
// processes asks again every 15 seconds (sooner for a short window), until the server accepts it.
func (g *Grant) Refused(retryAfter time.Duration) (until time.Time, fresh bool) {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	g.settle(now)
	until = now.Add(max(retryAfter, 0))
	if retryAfter <= 0 {
		until = now.Add(l.probeEvery())
	}
	known := !g.at.After(l.paused)
	if known && (retryAfter <= 0 || !until.After(l.until.Add(time.Second))) {
		return l.until, false
	}
	l.refusals++
	l.paused, l.until = now, until
	l.shared.Pause(until)
	return until, true
}

// probeEvery gives the time between requests that test whether the server answers again.
func (l *Limiter) probeEvery() time.Duration {
	first := min(max(l.per/20, min(firstPause, max(l.per, firstPause/10))), lastPause)
	return min(first<<min(l.refusals, 10), lastPause)
}

// Accepted reports an answer other than a 429. If the request tested the server, all others may go on.
func (g *Grant) Accepted() {
	l := g.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	g.settle(time.Now())
	if !g.probe {
		return
	}
	g.probe = false
	l.refusals = 0
	l.paused, l.until = time.Now(), time.Time{}
	l.shared.Resume()
	close(l.resumed)
	l.resumed = make(chan struct{})
}

// Patience gives how long a client should repeat a refused request: longer than any window.
func (l *Limiter) Patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2*max(l.per, ServerWindow) + time.Minute
}
