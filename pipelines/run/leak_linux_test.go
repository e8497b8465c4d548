package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// descriptors are the files, sockets and pipes that this process has open.
func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil { // not that of the listing itself
			open = append(open, to)
		}
	}
	return open
}

// noneLeft waits until no more descriptors are open than before: a server's side
// of a connection ends a moment after ours.
func noneLeft(t *testing.T, what string, before []string) {
	t.Helper()
	var now []string
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(2 * time.Millisecond) {
		if now = descriptors(t); len(now) <= len(before) {
			return
		}
	}
	t.Errorf("%s: %d descriptors before, %d after:\n%s", what, len(before), len(now), strings.Join(now, "\n"))
}

// TestNoDescriptorLeft: whatever becomes of a run, every file and connection it
// opened is closed, and every goroutine has ended.
func TestNoDescriptorLeft(t *testing.T) {
	s := newStricken(t, testkit.ServeDemo(t, demoapi.Options{}))
	ill := testkit.ServeDemo(t, demoapi.Options{Faults: demoapi.Faults{{Kind: "503", Request: 3, Times: -1}}})
	recording := filepath.Join(t.TempDir(), "recording")
	everywhere := func(f func(op string, n int) error) func(*Runner) {
		return func(r *Runner) {
			r.disk = watch(func(op string, n int, _ string) error { return f(op, n) })
		}
	}
	for _, c := range []struct {
		name string
		set  func(*Runner)
		fail bool
	}{
		{"good", nil, false},
		{"recorded", func(r *Runner) { r.Record = recording }, false},
		{"replayed", func(r *Runner) { r.Replay = recording }, false},
		{"with state", func(r *Runner) { r.State = stateOf(t) }, false},
		{"server fails", func(r *Runner) { r.Endpoint, r.State = ill, stateOf(t) }, true},
		{"disk full", everywhere(func(op string, n int) error {
			if op == "write" && n > 3 {
				return syscall.ENOSPC
			}
			return nil
		}), true},
		{"nothing can be closed", everywhere(func(op string, n int) error {
			if op == "close" {
				return syscall.EIO
			}
			return nil
		}), true},
		{"nothing can be read back", everywhere(func(op string, n int) error {
			if op == "read" {
				return syscall.EIO
			}
			return nil
		}), true},
		{"not exchanged", everywhere(func(op string, n int) error {
			if op == "exchange" && n > 1 {
				return syscall.EIO
			}
			return nil
		}), true},
	} {
		before := descriptors(t)
		goroutines := goleak.IgnoreCurrent()
		for range 3 {
			if err := s.run(c.set); (err != nil) != c.fail {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		noneLeft(t, c.name, before)
		if err := goleak.Find(goroutines); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		s.before()
	}
}

func stateOf(t *testing.T) *state.Folder {
	folder, err := state.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestCancelEverywhere cancels at each boundary of the stages, from the first
// request to the exchange: nothing is left behind, in the folders, of
// descriptors, of goroutines.
func TestCancelEverywhere(t *testing.T) {
	handler, err := demoapi.New(demoapi.Options{Requests: -1})
	if err != nil {
		t.Fatal(err)
	}
	var requests, at atomic.Int64
	var cancel atomic.Pointer[context.CancelFunc]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == at.Load() {
			(*cancel.Load())()
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	s := newStricken(t, server.URL)
	requests.Store(0)
	usual := s.operations()
	all := requests.Load() / 3 // it runs three times
	s.before()
	type moment struct {
		op  string
		nth int
	}
	var moments []moment
	for n := range all {
		moments = append(moments, moment{"request", int(n) + 1})
	}
	for op, total := range usual {
		for _, n := range []int{1, (total + 1) / 2, total} {
			moments = append(moments, moment{op, n})
		}
	}
	published := 0
	for _, m := range moments {
		what := fmt.Sprintf("cancelled at %s %d", m.op, m.nth)
		before := descriptors(t)
		goroutines := goleak.IgnoreCurrent()
		ctx, stop := context.WithCancel(t.Context())
		cancel.Store(&stop)
		requests.Store(0)
		at.Store(0)
		if m.op == "request" {
			at.Store(int64(m.nth))
		}
		r := testRunner(s.url)
		r.Concurrency, r.PublishDir = 2, filepath.Join(s.root, "state", "publishing")
		r.disk = watch(func(op string, n int, _ string) error {
			if op == m.op && n == m.nth {
				stop()
			}
			return nil
		})
		summaries, err := r.Run(ctx, []*plan.Plan{s.plan})
		stop()
		if err != nil && (!errors.Is(err, context.Canceled) || summaries[0].Status() != "interrupted") {
			t.Errorf("%s: %v, %s", what, err, summaries[0].Status())
		}
		if err == nil {
			published++
		}
		s.verdict(what, err)
		s.litter(what, false)
		noneLeft(t, what, before)
		if err := goleak.Find(goroutines); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		s.before()
	}
	if published == 0 || published > len(moments)/2 {
		t.Errorf("%d of %d cancelled runs published: the moments are not what they should be", published, len(moments))
	}
}
