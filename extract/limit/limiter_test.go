package limit

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// busiest is the largest number of grants in any closed window of length per.
func busiest(grants []time.Time, per time.Duration) int {
	slices.SortFunc(grants, time.Time.Compare)
	most, first := 0, 0
	for last := range grants {
		for grants[last].Sub(grants[first]) > per {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

func TestLimiterBurstsThenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(3, time.Minute)
		start := time.Now()
		var at []time.Duration
		for range 7 {
			if _, err := l.Wait(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(start))
		}
		window := time.Minute + time.Second + time.Minute/1000 + 1
		want := []time.Duration{0, 0, 0, window, window, window, 2 * window}
		if !slices.Equal(at, want) {
			t.Errorf("granted at %v, want %v", at, want)
		}
	})
}

// TestLimiterCountsFromTheWire: a request that had to dial first holds its place
// from when it was written, as the server sees it.
func TestLimiterCountsFromTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, time.Minute)
		granted, err := l.Wait(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		granted.Written()
		written := time.Now()
		if _, err := l.Wait(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if apart := time.Since(written); apart < time.Minute {
			t.Errorf("the next request started %s after the first was written", apart)
		}
	})
}

// TestLimiterSlowAnswers: requests that reach the server late, as from a busy machine, do not let it see more than the
// limit.
func TestLimiterSlowAnswers(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			requests, per := 1+r.IntN(12), shortest+time.Duration(r.IntN(5000))*time.Millisecond
			l := New(requests, per)
			var mu sync.Mutex
			var arrived []time.Time
			var wg sync.WaitGroup
			for range 1 + r.IntN(6) {
				var delays []time.Duration
				for range 30 {
					delays = append(delays, time.Duration(r.Int64N(int64(per/2))))
				}
				wg.Go(func() {
					for _, delay := range delays {
						g, err := l.Wait(t.Context(), nil)
						if err != nil {
							t.Error(err)
							return
						}
						g.Written()
						time.Sleep(delay)
						mu.Lock()
						arrived = append(arrived, time.Now())
						mu.Unlock()
						time.Sleep(delay / 3)
						g.Settled()
					}
				})
			}
			wg.Wait()
			if n := busiest(arrived, per); n > requests {
				t.Errorf("seed %d: %d requests arrived in a window of %s, want at most %d", seed, n, per, requests)
			}
		})
	}
}

// TestLimiterMargin: the margin for requests under way costs 2 % of a short window.
func TestLimiterMargin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, begin := New(10, time.Second), time.Now()
		for range 49 {
			g, err := l.Wait(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			g.Written()
		}
		if took := time.Since(begin); took < 4*time.Second || took > 4*time.Second+100*time.Millisecond {
			t.Errorf("49 requests at 10 in a second took %s, want 4s and at most 100ms", took)
		}
	})
}

// TestLimiterAsTheServerSees: requests take time to be written, to arrive and to
// be answered; no window of arrivals holds more than allowed.
func TestLimiterAsTheServerSees(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			requests, per := 1+r.IntN(12), time.Duration(100+r.IntN(5000))*time.Millisecond
			l := New(requests, per)
			nap := func(most time.Duration) time.Duration { return time.Duration(r.Int64N(int64(most))) }
			var mu sync.Mutex
			var arrived []time.Time
			var wg sync.WaitGroup
			for range 1 + r.IntN(6) {
				type way struct{ dial, there, back time.Duration }
				ways := make([]way, 30)
				for i := range ways {
					ways[i] = way{nap(per / 4), nap(l.latency()), nap(2 * l.latency())}
				}
				wg.Go(func() {
					for _, w := range ways {
						s, err := l.Wait(t.Context(), nil)
						if err != nil {
							t.Error(err)
							return
						}
						time.Sleep(w.dial)
						s.Written()
						time.Sleep(w.there)
						mu.Lock()
						arrived = append(arrived, time.Now())
						mu.Unlock()
						time.Sleep(w.back)
					}
				})
			}
			wg.Wait()
			if n := busiest(arrived, per); n > requests {
				t.Errorf("seed %d: %d requests arrived in a window of %s, want at most %d", seed, n, per, requests)
			}
		})
	}
}

// TestLimiterNeverExceeds draws limits, callers, naps and pauses at random: no
// window holds more grants than allowed, and none is granted inside a pause.
func TestLimiterNeverExceeds(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			requests, per := 1+r.IntN(12), time.Duration(1+r.IntN(5000))*time.Millisecond
			l := New(requests, per)
			var mu sync.Mutex
			var grants []time.Time
			type pause struct{ from, until time.Time }
			var pauses []pause
			var wg sync.WaitGroup
			for range 1 + r.IntN(6) {
				naps := make([]time.Duration, 30)
				for i := range naps {
					naps[i] = time.Duration(r.Int64N(int64(per)))
				}
				wg.Go(func() {
					for i, nap := range naps {
						at, err := l.Wait(t.Context(), nil)
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						grants = append(grants, at.at)
						mu.Unlock()
						if i%10 == 9 {
							until := time.Now().Add(nap)
							mu.Lock()
							pauses = append(pauses, pause{time.Now(), until})
							mu.Unlock()
							l.mu.Lock()
							l.shared.Pause(until)
							l.mu.Unlock()
						}
						if nap%3 == 0 {
							time.Sleep(nap)
						}
					}
				})
			}
			wg.Wait()
			if n := busiest(grants, per); n > requests {
				t.Errorf("seed %d: %d grants in a window of %s, want at most %d", seed, n, per, requests)
			}
			for _, g := range grants {
				for _, p := range pauses {
					if g.After(p.from) && g.Before(p.until) {
						t.Errorf("seed %d: granted at %s, inside the pause %s to %s", seed, g, p.from, p.until)
					}
				}
			}
		})
	}
}

func TestLimiterFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, time.Second)
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if _, err := l.Wait(t.Context(), nil); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			})
			synctest.Wait()
		}
		wg.Wait()
		if !slices.IsSorted(order) || len(order) != 8 {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestLimiterCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, time.Hour)
		if _, err := l.Wait(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := l.Wait(ctx, nil); !errors.Is(err, stop) {
					t.Errorf("got %v, want the cause", err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		cancel(stop)
		wg.Wait()
		if d := time.Since(start); d != 0 {
			t.Errorf("returned %s after the cancellation", d)
		}
		if len(l.log) != 1 {
			t.Errorf("%d requests counted, want 1: a cancelled one does not count", len(l.log))
		}
	})
}

// TestLimiterRefused: after a refusal one request asks again every 15 seconds, until the server accepts one.
func TestLimiterRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(100, 5*time.Minute)
		start := time.Now()
		first, _ := l.Wait(t.Context(), nil)
		second, _ := l.Wait(t.Context(), nil)
		time.Sleep(time.Second)
		until, fresh := second.Refused(0)
		if got := until.Sub(start); got != 16*time.Second || !fresh {
			t.Errorf("paused until %s (fresh %t), want 15 seconds later", got, fresh)
		}
		time.Sleep(time.Second)
		if again, fresh := first.Refused(0); again != until || fresh {
			t.Errorf("a request sent before the pause moved it to %s", again.Sub(start))
		}
		third, _ := l.Wait(t.Context(), nil)
		if time.Since(start) != 16*time.Second {
			t.Errorf("asked again after %s", time.Since(start))
		}
		if until, fresh = third.Refused(42 * time.Second); time.Until(until) != 42*time.Second || !fresh {
			t.Errorf("paused for %s, want what Retry-After says", time.Until(until))
		}
		fourth, _ := l.Wait(t.Context(), nil)
		begin := time.Now()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := l.Wait(t.Context(), nil); err != nil || time.Since(begin) != 3*time.Second {
					t.Errorf("went on %s after the test began, %v", time.Since(begin), err)
				}
			})
		}
		time.Sleep(3 * time.Second)
		fourth.Accepted()
		wg.Wait()
		if l.refusals != 0 {
			t.Error("an accepted request did not end the row of refusals")
		}
	})
}

// TestLimiterAsksSooner: the shorter the window, the sooner a request asks again; never more often than a refusal
// before.
func TestLimiterAsksSooner(t *testing.T) {
	for per, want := range map[time.Duration][]time.Duration{
		5 * time.Minute:        {15 * time.Second, 15 * time.Second},
		time.Hour:              {15 * time.Second, 15 * time.Second},
		time.Minute:            {3 * time.Second, 6 * time.Second, 12 * time.Second, 15 * time.Second},
		time.Second:            {time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second},
		200 * time.Millisecond: {200 * time.Millisecond, 400 * time.Millisecond},
		0:                      {100 * time.Millisecond, 200 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, per)
			for i, want := range want {
				g, _ := l.Wait(t.Context(), nil)
				if until, _ := g.Refused(0); time.Until(until) != want {
					t.Errorf("%s: pause %d is %s, want %s", per, i, time.Until(until), want)
				}
			}
		})
	}
}

func TestLimiterWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := New(1, 0), time.Now()
		for range 1000 {
			if _, err := l.Wait(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %s without a limit", d)
		}
	})
}

func TestLimiterSetRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, time.Hour)
		_, _ = l.Wait(t.Context(), nil)
		l.SetRate(2, time.Second)
		start := time.Now()
		_, _ = l.Wait(t.Context(), nil)
		_, _ = l.Wait(t.Context(), nil)
		if d := time.Since(start); d > 2*time.Second || d < time.Second {
			t.Errorf("two requests took %s at the new rate, want one at once and one after the window", d)
		}
	})
}
