package run

import (
	"log/slog"
	"sync"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// reporter tells how far a pipeline is, and what its user should know. It may be used by
// several goroutines.
type reporter struct {
	runner   *Runner
	pipeline string
	started  time.Time

	mu             sync.Mutex
	counts         []recordCount // by connection
	throttledUntil time.Time
}

// recordCount is how many records of a connection there are so far, and in all.
type recordCount struct{ arrived, expected int64 }

func newReporter(r *Runner, plan *plan.Plan, started time.Time) *reporter {
	return &reporter{runner: r, pipeline: plan.Spec.Name, started: started, counts: make([]recordCount, len(plan.All()))}
}

func (r *reporter) warn(format string, args ...any) {
	r.runner.notice(r.pipeline, slog.LevelWarn, format, args...)
}

func (r *reporter) info(format string, args ...any) {
	r.runner.notice(r.pipeline, slog.LevelInfo, format, args...)
}

// count reports the records of one connection; it is called once a page.
func (r *reporter) count(connection int, arrived, expected int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[connection] = recordCount{arrived, expected}
	r.progress(false)
}

// done reports that the pipeline has ended.
func (r *reporter) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress(true)
}

// notify passes on what the client waits for.
func (r *reporter) notify(n graphql.Notice) {
	if !n.Throttled() {
		r.warn("%s", n)
	} else {
		r.info("%s", n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n.Throttled() {
		r.throttledUntil = n.Until
	}
	r.progress(false)
}

// progress is called with the lock held.
func (r *reporter) progress(done bool) {
	if r.runner.Progress == nil {
		return
	}
	var sum recordCount
	for _, c := range r.counts {
		sum.arrived, sum.expected = sum.arrived+c.arrived, sum.expected+c.expected
	}
	r.runner.Progress(Progress{
		Pipeline: r.pipeline, Records: sum.arrived, Total: sum.expected,
		Started: r.started, At: r.runner.now(), ThrottledUntil: r.throttledUntil, Done: done,
	})
}
