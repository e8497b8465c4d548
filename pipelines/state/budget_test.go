package state

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract/limit"
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
	_ = b.Take(context.Background(), window, func(_ time.Time, others []time.Time, end time.Time) (bool, time.Time) {
		times, until = append(times, others...), end
		return false, time.Time{}
	})
	return times, until
}

func take(b *Budget) (at time.Time) {
	_ = b.Take(context.Background(), time.Minute, func(now time.Time, _ []time.Time, _ time.Time) (bool, time.Time) {
		at = now
		return true, time.Time{}
	})
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
	f.clock = wallClock
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

// TestBudgetHeld: a process waits for the lock, as long as its context allows, and says so. A process that counted alone
// would exceed the limit.
func TestBudgetHeld(t *testing.T) {
	f := folder(t)
	var said []string
	a, b := budget(t, f, nil), budget(t, f, &said)
	if err := filelock.TryLock(a.file); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longWait+time.Second)
	defer cancel()
	err := b.Take(ctx, time.Minute, func(time.Time, []time.Time, time.Time) (bool, time.Time) {
		t.Error("decided without the lock")
		return true, time.Time{}
	})
	if !errors.Is(err, context.DeadlineExceeded) || len(said) != 1 || !strings.Contains(said[0], a.path) {
		t.Errorf("got %v; it said %q", err, said)
	}
	// What can wait is written with the next use.
	until := time.Now().Add(time.Minute)
	begin := time.Now()
	b.Note(time.Now())
	b.Pause(until)
	if time.Since(begin) > 4*briefly {
		t.Errorf("a note took %s", time.Since(begin))
	}
	time.AfterFunc(50*time.Millisecond, func() { filelock.Unlock(a.file) })
	take(b)
	times, end := others(a, time.Minute)
	if len(times) != 2 || end.Sub(until).Abs() > time.Millisecond {
		t.Errorf("others see %d requests and a pause until %s, want 2 and %s", len(times), end, until)
	}
}

// TestBudgetFileFails: a file that cannot be used shares nothing, which is said once; the run goes on.
func TestBudgetFileFails(t *testing.T) {
	var said []string
	b := budget(t, folder(t), &said)
	_ = b.file.Close()
	until := time.Now().Add(time.Minute)
	b.Note(time.Now())
	for range 2 {
		var seen time.Time
		err := b.Take(t.Context(), time.Minute, func(_ time.Time, _ []time.Time, end time.Time) (bool, time.Time) {
			seen = end
			return true, until
		})
		if err != nil {
			t.Error(err)
		}
		_ = seen
	}
	if len(said) != 1 || !strings.Contains(said[0], "not shared") {
		t.Errorf("it said %q", said)
	}
}

// TestBudgetClockSetForward: only the time that the machine has run counts, not its date.
func TestBudgetClockSetForward(t *testing.T) {
	f := folder(t)
	a, b := budget(t, f, nil), budget(t, f, nil)
	for range 5 {
		take(a)
	}
	at, boot := b.clock()
	wall := time.Now().Add(time.Hour)
	if m := (moment{wall, at, boot}); len(b.within(m, time.Minute)) != 0 {
		t.Error("it has read nothing yet")
	}
	if err := b.locked(t.Context(), func(m moment) error {
		m.now = wall // the date is an hour later
		if n := len(b.within(m, time.Minute)); n != 5 {
			t.Errorf("%d requests count after the date was changed, want 5", n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestBudgetAfterRestart: requests from before the machine was started count as sent at its start.
func TestBudgetAfterRestart(t *testing.T) {
	f := folder(t)
	a := budget(t, f, nil)
	for range 5 {
		take(a)
	}
	a.Pause(time.Now().Add(time.Minute))
	for uptime, want := range map[time.Duration]int{20 * time.Second: 5, 2 * time.Minute: 0} {
		f.clock = func() (int64, uint32) { return int64(uptime), 99 }
		times, until := others(budget(t, f, nil), time.Minute)
		if len(times) != want || !until.IsZero() {
			t.Errorf("%s after the start %d requests count, want %d; paused until %s", uptime, len(times), want, until)
		}
	}
}

// TestManyProcesses runs processes that share a budget, all at once: together they never exceed it.
// CIVIC_ETL_PROCESSES says how many.
func TestManyProcesses(t *testing.T) {
	if folder := os.Getenv("CIVIC_ETL_BUDGET_TEST"); folder != "" {
		oneOfMany(t, folder)
		return
	}
	processes, _ := strconv.Atoi(cmp.Or(os.Getenv("CIVIC_ETL_PROCESSES"), "12"))
	folder := t.TempDir()
	var g errgroup.Group
	outputs := make([]bytes.Buffer, processes)
	for i := range processes {
		cmd := exec.Command(os.Args[0], "-test.run=^TestManyProcesses$", "-test.count=1")
		cmd.Env = append(os.Environ(), "CIVIC_ETL_BUDGET_TEST="+folder)
		cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
		g.Go(cmd.Run)
	}
	if err := g.Wait(); err != nil {
		t.Errorf("%v: %s", err, outputs[0].String())
	}
	var grants []time.Time
	for _, out := range outputs {
		for line := range strings.Lines(out.String()) {
			var at int64
			if _, err := fmt.Sscanf(line, "granted %d", &at); err == nil {
				grants = append(grants, time.Unix(0, at))
			}
		}
	}
	if want := processes * eachOfMany; len(grants) != want {
		t.Errorf("%d requests were granted, want %d", len(grants), want)
	}
	if n := busiest(grants, manyPer); n > manyRequests {
		t.Errorf("%d requests in a window of %s, want at most %d", n, manyPer, manyRequests)
	}
}

const (
	manyRequests = 30
	manyPer      = 2 * time.Second
	eachOfMany   = 8
)

func oneOfMany(t *testing.T, path string) {
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Budget("civicdb.org:443", false, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	l := limit.New(manyRequests, manyPer)
	l.Share(b)
	for range eachOfMany {
		grant, err := l.Wait(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := sharedClock()
		grant.Written()
		fmt.Printf("granted %d\n", at)
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
