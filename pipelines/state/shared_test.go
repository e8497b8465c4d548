package state

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// bubble opens a folder whose shared clock is that of the test.
func bubble(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.clock = wallClock
	f.nap = func(time.Duration) { runtime.Gosched() } // the time of the test stands still while a mutex is held
	return f
}

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

// shared gives a limiter that shares a budget with those of the same folder, as
// another process would.
func shared(t *testing.T, folder string, requests int, per time.Duration) *limit.Limiter {
	t.Helper()
	f := bubble(t, folder)
	b, err := f.Budget("civicdb.org", false, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	l := limit.New(requests, per)
	l.Share(b)
	return l
}

// TestSharedLimitersNeverExceed: several processes, begun at different times,
// never make more requests in a window than one may.
func TestSharedLimitersNeverExceed(t *testing.T) {
	for seed := range uint64(10) {
		folder := filepath.Join(t.TempDir(), "state")
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			requests, per := 1+r.IntN(12), time.Duration(200+r.IntN(5000))*time.Millisecond
			var mu sync.Mutex
			var grants []time.Time
			var wg sync.WaitGroup
			for range 3 {
				l := shared(t, folder, requests, per)
				begin := time.Duration(r.Int64N(int64(2 * per)))
				late := time.Duration(r.Int64N(int64(per / 4)))
				wg.Go(func() {
					time.Sleep(begin)
					for range 3 * requests {
						at, err := l.Wait(t.Context(), nil)
						if err != nil {
							t.Error(err)
						}
						time.Sleep(late) // it had to dial
						at.Written()
						mu.Lock()
						grants = append(grants, time.Now())
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if n := busiest(grants, per); n > requests {
				t.Errorf("seed %d: %d requests in a window of %s, want at most %d", seed, n, per, requests)
			}
		})
	}
}

// TestSharedRatesMayDiffer: each counts all requests within its own window.
func TestSharedRatesMayDiffer(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		fast, strict := shared(t, folder, 100, time.Minute), shared(t, folder, 10, time.Hour)
		for range 12 {
			if _, err := fast.Wait(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if fast.Left(t.Context()) != 88 || strict.Left(t.Context()) != 0 {
			t.Errorf("%d and %d left, want 88 and 0", fast.Left(t.Context()), strict.Left(t.Context()))
		}
		var why string
		at, err := strict.Wait(t.Context(), func(_ time.Time, text string) { why = text })
		if err != nil || why == "" || at == nil {
			t.Errorf("%v, because %q", err, why)
		}
	})
}

// TestSharedPause: what the server refuses one process, the others do not ask;
// each says so once, and nobody takes its own pause for another's.
func TestSharedPause(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		a, b := shared(t, folder, 100, time.Minute), shared(t, folder, 100, time.Minute)
		sent, err := a.Wait(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		until, _ := sent.Refused(30 * time.Second)
		if a.Left(t.Context()) != 0 || b.Left(t.Context()) != 0 {
			t.Errorf("%d and %d left in a pause", a.Left(t.Context()), b.Left(t.Context()))
		}
		for _, test := range []struct {
			l    *limit.Limiter
			want []string
		}{{b, []string{"the server refused another run on this machine"}}, {a, nil}} {
			var said []string
			grant, err := test.l.Wait(t.Context(), func(_ time.Time, why string) {
				if why != "" {
					said = append(said, why)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			grant.Accepted()
			if time.Now().Before(until) || !slices.Equal(said, test.want) {
				t.Errorf("started at %s, want after %s; it said %q", time.Now(), until, said)
			}
		}
	})
}

// TestOneAsksForAll: when the server's window is used up, one request of all processes asks again every 15 seconds.
// When it comes through, all go on at once.
func TestOneAsksForAll(t *testing.T) {
	for _, left := range []time.Duration{2 * time.Second, 70 * time.Second, 150 * time.Second, 299 * time.Second} {
		folder := filepath.Join(t.TempDir(), "state")
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			opens := begin.Add(left)
			var mu sync.Mutex
			var refused, accepted []time.Duration
			var wg sync.WaitGroup
			for range 3 {
				l := shared(t, folder, 900, limit.ServerWindow)
				for range 4 {
					wg.Go(func() {
						for done := 0; done < 5; {
							grant, err := l.Wait(t.Context(), nil)
							if err != nil {
								t.Error(err)
								return
							}
							time.Sleep(300 * time.Millisecond)
							ok := !time.Now().Before(opens)
							mu.Lock()
							if ok {
								accepted = append(accepted, time.Since(begin))
							} else {
								refused = append(refused, time.Since(begin))
							}
							mu.Unlock()
							if ok {
								done++
								grant.Accepted()
							} else {
								grant.Refused(0)
							}
						}
					})
				}
			}
			wg.Wait()
			if most := 12 + 1 + int(left/(15*time.Second)); len(refused) > most { // 12 were under way
				t.Errorf("%d requests were refused in %s, want at most %d: %v", len(refused), left, most, refused)
			}
			if first := accepted[0] - left; first > 16*time.Second {
				t.Errorf("asked again %s after the window had opened", first)
			}
			if last := accepted[len(accepted)-1] - accepted[0]; last > 4*time.Second || len(accepted) != 60 {
				t.Errorf("%d requests came through; the last %s after the first", len(accepted), last)
			}
		})
	}
}

// TestProbeIsLost: when the process that asks again dies, another one asks 15 seconds later.
func TestProbeIsLost(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		a, b := shared(t, folder, 900, limit.ServerWindow), shared(t, folder, 900, limit.ServerWindow)
		begin := time.Now()
		grant, _ := a.Wait(t.Context(), nil)
		grant.Refused(0)
		if _, err := a.Wait(t.Context(), nil); err != nil || time.Since(begin) != 15*time.Second {
			t.Errorf("asked again after %s, %v", time.Since(begin), err)
		}
		grant, err := b.Wait(t.Context(), nil)
		if err != nil || time.Since(begin).Round(time.Second) != 30*time.Second {
			t.Errorf("asked again after %s, %v", time.Since(begin), err)
		}
		grant.Accepted()
		if _, err := a.Wait(t.Context(), nil); err != nil || time.Since(begin) > 32*time.Second {
			t.Errorf("went on after %s, %v", time.Since(begin), err)
		}
	})
}

// TestShareCountsBefore: requests made before the budget was known count in it.
func TestShareCountsBefore(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		first := shared(t, folder, 5, time.Minute)
		other := limit.New(5, time.Minute)
		for range 3 {
			if _, err := other.Wait(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		b, err := bubble(t, folder).Budget("civicdb.org", false, func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		other.Share(b)
		if first.Left(t.Context()) != 2 {
			t.Errorf("%d left, want 2", first.Left(t.Context()))
		}
	})
}
