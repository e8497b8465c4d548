package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/state"
	"github.com/civic-etl/civic-etl/transform"
)

// journals are the answers of the published pipelines of one run.
type journals struct {
	done      []*state.Journal
	resumable int // failed pipelines that can be resumed
}

// close deletes the answers, unless the user may run the same command again for a failed pipeline: then the published
// ones need no request.
func (k *journals) close() {
	for _, j := range k.done {
		if k.resumable > 0 {
			j.Close()
		} else {
			j.Drop()
		}
	}
}

// resumption stores the answers to one connection's requests, and decides whether to use those of an earlier run.
type resumption struct {
	runner   *Runner
	plan     *plan.Plan
	reporter *reporter
	client   *graphql.Client
	journal  *state.Journal // nil: answers are not stored
	version  string         // of the API's data, if asked before the first page

	mu     sync.Mutex
	failed error              // the journal cannot be written, and must be
	cancel context.CancelFunc // ends the collection then
}

// open locks the target against other runs, and opens the journal of an earlier one. Without a journal, the run
// continues.
func (s *resumption) open(endpoint string) error {
	r := s.runner
	if !r.network() || r.Stdout != nil {
		return nil
	}
	target := plan.RealPath(s.plan.Target)
	if s.plan.Further {
		target += "#" + s.plan.Connection.Name
	}
	run := state.Run{Target: target, Endpoint: endpoint, Facts: s.facts()}
	journal, err := r.State.Journal(run, s.stopped)
	if errors.As(err, new(*state.BusyError)) {
		return err
	}
	if err != nil && r.State.Required {
		return fmt.Errorf("--state: %w", err)
	}
	if err != nil {
		s.reporter.warn("answers cannot be kept; an interrupted run will start over: %v", err)
		return nil
	}
	s.journal = journal
	return nil
}

// stopped is called once if answers can no longer be stored. With stop, the run ends.
func (s *resumption) stopped(text string, stop bool) {
	if !stop {
		s.reporter.warn("%s", text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.New(text)
	if s.cancel != nil {
		s.cancel()
	}
}

// whileStored calls collect with a context that ends when answers cannot be stored but must be.
func (s *resumption) whileStored(ctx context.Context, collect func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return failed
	}
	err := collect(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel = nil; s.failed != nil {
		return s.failed
	}
	return err
}

// network reports whether the run asks a server over the network, and has a folder for state.
func (r *Runner) network() bool { return r.State != nil && r.Transport == nil && r.Replay == "" }

// facts are what answers depend on, by the names that the user sees. The number of concurrent requests is not one.
func (s *resumption) facts() map[string]string {
	return map[string]string{
		"civic-etl":  s.runner.Version,
		"the limit":  fmt.Sprint(s.runner.Limit),
		"the schema": s.plan.Schema.SHA256(),
		"the spec":   s.plan.Identity(),
	}
}

// start decides whether to use the answers of an earlier run, and reports it.
func (s *resumption) start(ctx context.Context, client *graphql.Client) error {
	s.client = client
	if s.journal == nil {
		return nil
	}
	s.client.KeepAnswers(s.journal)
	left := s.journal.Left()
	if left == nil {
		return nil
	}
	since := left.Started.Local().Format(time.DateTime)
	if left.Removed {
		s.reporter.info("starting over: the answers of the run of %s are older than a day, and were deleted", since)
		return nil
	}
	why := s.outdated(left)
	if why == "" && left.Answers > 0 {
		var err error
		if s.version, err = s.askVersion(ctx); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		if s.version != left.Version {
			why = fmt.Sprintf("the data changed (%s then, %s now)", left.Version, s.version)
		}
	}
	switch {
	case left.Answers == 0:
	case why == "":
		s.reporter.info("resuming the run of %s: %d answers are kept", since, left.Answers)
		return nil
	default:
		s.reporter.info("starting over: %s; the %d answers of the run of %s are deleted", why, left.Answers, since)
	}
	s.journal.Restart()
	if s.version != "" {
		s.journal.SetVersion(s.version)
	}
	return nil
}

// startOver deletes the answers of the earlier run, and of this one.
func (s *resumption) startOver() {
	s.reporter.info("starting over: the data changed since the earlier run, without an activity or another number of records")
	s.journal.Restart()
	s.journal.SetVersion(s.version)
}

// outdated is the reason why an earlier run's answers cannot be used, as far as it is known without a request; "" if
// there is none.
func (s *resumption) outdated(left *state.Left) string {
	switch {
	case s.runner.NoResume:
		return "--resume=false is set"
	case len(left.Changed) > 0:
		return strings.Join(left.Changed, " and ") + " changed"
	case left.TooOld(s.runner.now()):
		return "they are older than a day"
	case left.Version == "":
		return "that run ended before it knew the version of the data"
	}
	return ""
}

// versionTimeout is how long a run with its first answer waits for the version of the data.
var versionTimeout = 2 * time.Second

// collect calls c.collect. A run can be resumed only if it knows the version of the data when it started. The request
// for it runs beside that of the first page, to cost no time. No further page is requested before the answer, so that a
// run that dies a moment later can be resumed.
func (s *resumption) collect(ctx context.Context, c *collector) error {
	if s.journal == nil || s.version != "" {
		return c.collect(ctx)
	}
	if c.workers() == 1 { // one request at a time, these included
		s.learnVersion(ctx)
		return c.collect(ctx)
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	held := &heldAnswers{Journal: s.journal, free: make(chan struct{})}
	s.client.KeepAnswers(held)
	var g errgroup.Group
	g.Go(func() error { defer held.release(); s.learnVersion(asking); return nil })
	err := c.collect(ctx)
	stop()
	_ = g.Wait()
	return err
}

// learnVersion asks for the version of the data. On an error, the answers cannot be resumed from.
func (s *resumption) learnVersion(ctx context.Context) {
	if version, err := s.askVersion(ctx); err == nil {
		s.journal.SetVersion(version)
	}
}

// heldAnswers blocks callers with an answer until the version of the data is known, or until versionTimeout.
type heldAnswers struct {
	*state.Journal
	free        chan struct{}
	first, once sync.Once
}

// Keep implements graphql.Journal.
func (a *heldAnswers) Keep(request, answer []byte) {
	a.first.Do(func() { time.AfterFunc(versionTimeout, a.release) })
	<-a.free
	a.Journal.Keep(request, answer)
}

func (a *heldAnswers) release() { a.once.Do(func() { close(a.free) }) }

func (s *resumption) askVersion(ctx context.Context) (string, error) {
	activities, _ := s.plan.Schema.Connection("activities") // nil if the API has none
	return extract.Version(ctx, s.client, s.plan.Query, activities)
}

// close keeps or deletes the answers at the end of the pipeline, whose error is err.
func (s *resumption) close(k *journals, err error) {
	switch {
	case s.journal == nil:
	case err == nil:
		k.done = append(k.done, s.journal)
	case repeats(err):
		s.journal.Drop()
	case s.journal.Kept() == 0:
		k.resumable++
		s.journal.Drop()
	default:
		k.resumable++
		s.journal.Close()
		s.reporter.info("%d answers are kept in %s; run the same command again to resume",
			s.journal.Kept(), s.runner.State.Path())
	}
}

// repeats reports whether the same answers would lead to the same error.
func repeats(err error) bool {
	return errors.As(err, new(*checks.Error)) || errors.As(err, new(*transform.PageError)) ||
		errors.Is(err, extract.ErrChanged)
}
