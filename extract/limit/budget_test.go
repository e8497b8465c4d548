package limit

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/state"
)

// shared gives a limiter that shares a budget with those of the same folder, as
// another process would.
func shared(t *testing.T, folder string, requests int, per time.Duration) *Limiter {
	t.Helper()
	f, err := state.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Budget("civicdb.org", false, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	l := New(requests, per)
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
		if fast.Left() != 88 || strict.Left() != 0 {
			t.Errorf("%d and %d left, want 88 and 0", fast.Left(), strict.Left())
		}
		var why string
		at, err := strict.Wait(t.Context(), func(_ time.Time, text string) { why = text })
		if err != nil || why != usedByOthers || time.Since(at.at) > time.Second {
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
		until, _ := sent.Refused(30*time.Second, rand.Float64)
		if a.Left() != 0 || b.Left() != 0 {
			t.Errorf("%d and %d left in a pause", a.Left(), b.Left())
		}
		for _, test := range []struct {
			l    *Limiter
			want []string
		}{{b, []string{othersPaused}}, {a, nil}} {
			var said []string
			if _, err := test.l.Wait(t.Context(), func(_ time.Time, why string) {
				if why != "" {
					said = append(said, why)
				}
			}); err != nil {
				t.Fatal(err)
			}
			if time.Now().Before(until) || !slices.Equal(said, test.want) {
				t.Errorf("started at %s, want after %s; it said %q", time.Now(), until, said)
			}
		}
	})
}

// TestShareCountsBefore: requests made before the budget was known count in it.
func TestShareCountsBefore(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		first := shared(t, folder, 5, time.Minute)
		other := New(5, time.Minute)
		for range 3 {
			if _, err := other.Wait(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		f, err := state.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		b, err := f.Budget("civicdb.org", false, func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		other.Share(b)
		if first.Left() != 2 {
			t.Errorf("%d left, want 2", first.Left())
		}
	})
}
