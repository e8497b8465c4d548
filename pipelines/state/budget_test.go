package state

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/load/filelock"
)

func budget(t testing.TB, f *Folder, said *[]string) *Budget {
	t.Helper()
	b, err := f.Budget("civicdb.org", false, func(text string) {
		if said == nil {
			t.Errorf("it said %s", text)
			return
		}
		*said = append(*said, text)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// others are the requests of others in the window before now.
func others(b *Budget, window time.Duration) (times []time.Time, until time.Time) {
	b.Take(window, func(_ time.Time, others []time.Time, end time.Time) bool {
		times, until = append(times, others...), end
		return false
	})
	return times, until
}

func take(b *Budget) (at time.Time) {
	b.Take(time.Minute, func(now time.Time, _ []time.Time, _ time.Time) bool { at = now; return true })
	return at
}

func TestBudgetIsShared(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	for range 3 {
		take(a)
	}
	b.Note(time.Now().Add(-2 * time.Minute))
	if times, _ := others(a, time.Minute); len(times) != 0 {
		t.Errorf("a sees %v", times)
	}
	if times, _ := others(b, time.Minute); len(times) != 3 {
		t.Errorf("b sees %v", times)
	}
	if times, _ := others(a, 3*time.Minute); len(times) != 1 || time.Since(times[0]).Round(time.Second) != 2*time.Minute {
		t.Errorf("a sees %v in a longer window", times)
	}
	if times, _ := others(budget(t, f, nil), 3*time.Minute); len(times) != 4 {
		t.Errorf("a third process sees %v", times)
	}
	keyed, err := f.Budget("civicdb.org", true, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	defer keyed.Close()
	if times, _ := others(keyed, time.Minute); len(times) != 0 {
		t.Errorf("with a key: %v", times)
	}
}

func TestBudgetMoves(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	first := take(a)
	take(a)
	a.Moved(first, first.Add(-30*time.Second))
	times, _ := others(b, 10*time.Second)
	if len(times) != 1 {
		t.Errorf("%d requests in the last seconds, want 1: %v", len(times), times)
	}
	if times, _ = others(b, time.Minute); len(times) != 2 {
		t.Errorf("%d requests in the last minute, want 2: %v", len(times), times)
	}
}

func TestBudgetPauses(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	until := time.Now().Add(time.Minute)
	a.Pause(until)
	a.Pause(until.Add(-time.Second)) // never shortened
	take(a)
	if _, end := others(b, time.Minute); !end.Round(time.Millisecond).Equal(until.Round(time.Millisecond)) {
		t.Errorf("paused until %s, want %s", end, until)
	}
	a.Pause(time.Now().Add(48 * time.Hour)) // of a clock that was wrong
	if _, end := others(b, time.Minute); !end.IsZero() {
		t.Errorf("paused until %s", end)
	}
}

// TestBudgetClockSetBack: requests in the future count from now, once, and do not
// come back.
func TestBudgetClockSetBack(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	for range 5 {
		a.Note(time.Now().Add(time.Hour))
	}
	times, _ := others(b, time.Minute)
	if len(times) != 5 {
		t.Errorf("%d requests count, want 5", len(times))
	}
	for _, at := range times {
		if at.After(time.Now()) || time.Since(at) > 5*time.Second {
			t.Errorf("a request of the future counts from %s", at)
		}
	}
	time.Sleep(20 * time.Millisecond)
	if times, _ := others(b, 10*time.Millisecond); len(times) != 0 {
		t.Errorf("%d requests never end to be new", len(times))
	}
}

// TestBudgetRing: more requests than are remembered leave the newest.
func TestBudgetRing(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	for range 100 {
		a.Note(time.Now().Add(-30 * time.Minute))
	}
	for range ringSlots - 50 {
		a.Note(time.Now())
	}
	times, _ := others(b, time.Hour)
	if recent, _ := others(b, 20*time.Minute); len(times) != ringSlots || len(recent) != ringSlots-50 {
		t.Errorf("%d remembered, %d of them new", len(times), len(recent))
	}
	info, err := os.Stat(filepath.Join(f.budgets(), list(f.budgets())[0].Name()))
	if err != nil || info.Size() != ringBytes {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}

// TestBudgetDamaged: whatever is in the file, requests are counted from there on.
func TestBudgetDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 23, 24, 30, 40, 1000, ringBytes, ringBytes + 10} {
		f := folder(t)
		a, b := budget(t, f, nil), budget(t, f, nil)
		take(a)
		garbage := make([]byte, size)
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		if err := os.WriteFile(a.path, garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		if times, until := others(b, time.Hour); len(times) != 0 || !until.IsZero() {
			t.Errorf("%d bytes of garbage: %v, until %s", size, times, until)
		}
		take(a)
		take(a)
		if times, _ := others(b, time.Hour); len(times) != 2 {
			t.Errorf("after %d bytes of garbage: %v", size, times)
		}
	}
}

// TestBudgetHeld: a process that was stopped with the lock in its hands stops
// nobody else; that it cannot be seen is said once.
func TestBudgetHeld(t *testing.T) {
	f := folder(t)
	var said []string
	a, b := budget(t, f, nil), budget(t, f, &said)
	if err := filelock.TryLock(a.file); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		decided := false
		b.Take(time.Minute, func(time.Time, []time.Time, time.Time) bool { decided = true; return true })
		if !decided {
			t.Error("nothing was decided")
		}
	}
	if len(said) != 1 {
		t.Errorf("it said %q", said)
	}
	filelock.Unlock(a.file)
	take(b)
	if times, _ := others(a, time.Minute); len(times) != 1 {
		t.Errorf("then it counts again: %v", times)
	}
}

// BenchmarkTake is what sharing adds to a request, with a full memory.
func BenchmarkTake(b *testing.B) {
	f := folder(b)
	one, two := budget(b, f, nil), budget(b, f, nil)
	for range ringSlots {
		two.Note(time.Now())
	}
	for b.Loop() {
		take(one)
	}
}
