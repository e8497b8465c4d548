package run

import (
	"log/slog"
	"sync"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// reporter reports the progress of one pipeline and notices. It is safe for concurrent use.
type reporter struct {
	runner   *Runner
	pipeline string
	started  time.Time

	mu             sync.Mutex
	counts         []recordCount // by connection
	throttledUntil time.Time
}

// recordCount is the number of records of a connection, so far and in all.
type recordCount struct{ received, expected int64 }

func newReporter(r *Runner, plan *plan.Plan, started time.Time) *reporter {
	return &reporter{
		runner: r, pipeline: plan.Spec.Name, started: started, counts: make([]recordCount, len(plan.All())),
	}
}

func (r *reporter) warn(format string, args ...any) {
	r.runner.notice(r.pipeline, slog.LevelWarn, format, args...)
}

func (r *reporter) info(format string, args ...any) {
	r.runner.notice(r.pipeline, slog.LevelInfo, format, args...)
}

// count reports the records of one connection. It is called once a page.
func (r *reporter) count(connection int, received, expected int64) {
	r.progress(false, func() { r.counts[connection] = recordCount{received, expected} })
}

func (r *reporter) done() { r.progress(true, func() {}) }

func (r *reporter) notify(n graphql.Notice) {
	if n.Throttled() {
		r.info("%s", n)
	} else {
		r.warn("%s", n)
	}
	r.progress(false, func() {
		if n.Throttled() {
			r.throttledUntil = n.Until
		}
	})
}

// progress makes a change and reports the progress.
func (r *reporter) progress(done bool, change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if change(); r.runner.Progress == nil {
		return
	}
	var sum recordCount
	for _, c := range r.counts {
		sum.received, sum.expected = sum.received+c.received, sum.expected+c.expected
	}
	r.runner.Progress(Progress{
		Pipeline: r.pipeline, Records: sum.received, Total: sum.expected,
		Started: r.started, At: r.runner.now(), ThrottledUntil: r.throttledUntil, Done: done,
	})
}
