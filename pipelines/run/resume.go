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
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// keptAnswers is what becomes of the journals of one run of several pipelines.
type keptAnswers struct {
	done      []*state.Journal // of those that published
	resumable int              // pipelines that failed and could go on
}

// close drops the answers of what is published, unless the same command will be
// run again for the sake of another pipeline: then it need not ask for them.
func (k *keptAnswers) close() {
	for _, j := range k.done {
		if k.resumable > 0 {
			j.Close()
		} else {
			j.Drop()
		}
	}
}

// resumption keeps the answers that one connection of a pipeline gets, and decides whether
// those of an earlier run serve this one.
type resumption struct {
	runner   *Runner
	plan     *plan.Plan
	reporter *reporter
	client   *graphql.Client
	journal  *state.Journal // nil where no answers are kept
	version  string         // of the API's data, where it was asked before the first page
}

// open locks the target against other runs, and finds what an earlier one
// left. Where nothing can be kept the run goes on all the same.
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
	journal, err := r.State.Journal(run, func(text string) { s.reporter.warn("%s", text) })
	if errors.As(err, new(*state.BusyError)) {
		return err
	}
	if err != nil {
		s.reporter.warn("answers cannot be kept, so that a run that dies starts anew: %v", err)
		return nil
	}
	s.journal = journal
	return nil
}

// network says that the run asks a server that outlives it, and has a place to
// remember what it asked.
func (r *Runner) network() bool { return r.State != nil && r.Transport == nil && r.Replay == "" }

// facts are what answers depend on, by the names that the user sees. How many
// requests are under way at once is none of them.
func (s *resumption) facts() map[string]string {
	return map[string]string{
		"civic-etl":  s.runner.Version,
		"the limit":  fmt.Sprint(s.runner.Limit),
		"the schema": s.plan.Schema.SHA256(),
		"the spec":   s.plan.Identity(),
	}
}

// start decides whether the answers of an earlier run serve this one, and says so.
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
		s.reporter.info("starting anew: the answers of the run of %s are older than a day, and were removed", since)
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
		s.reporter.info("going on where the run of %s stopped: %d of its answers are kept", since, left.Answers)
		return nil
	default:
		s.reporter.info("starting anew: %s; the %d answers of the run of %s are dropped", why, left.Answers, since)
	}
	s.journal.Restart()
	if s.version != "" {
		s.journal.SetVersion(s.version)
	}
	return nil
}

// outdated says why an earlier run's answers are of no use, as far as that can be
// told without asking; "" if they may be.
func (s *resumption) outdated(left *state.Left) string {
	switch {
	case s.runner.NoResume:
		return "--resume=false says so"
	case len(left.Changed) > 0:
		return strings.Join(left.Changed, " and ") + " changed"
	case left.TooOld(s.runner.now()):
		return "they are older than a day"
	case left.Version == "":
		return "that run ended before it knew which version the data were"
	}
	return ""
}

// versionPatience is how long a run that has its first answer waits to learn
// which version the data are.
var versionPatience = 2 * time.Second

// collect lets a collector collect. A run that may be resumed later needs to know which
// version the data were when it began. That is asked beside the first page, so that it
// takes no time of its own, and no further page is asked for before it is known: a run
// that dies a moment later can be resumed.
func (s *resumption) collect(ctx context.Context, c *collector) error {
	if s.journal == nil || s.version != "" {
		return c.collect(ctx)
	}
	if c.workers() == 1 { // no two requests at a time, not even these
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

// learnVersion asks which version the data are. Without it the answers serve
// nobody: that is all.
func (s *resumption) learnVersion(ctx context.Context) {
	if version, err := s.askVersion(ctx); err == nil {
		s.journal.SetVersion(version)
	}
}

// heldAnswers holds back who has an answer until the version of the data is known,
// or patience is at its end.
type heldAnswers struct {
	*state.Journal
	free        chan struct{}
	first, once sync.Once
}

// Keep implements graphql.Journal.
func (a *heldAnswers) Keep(request, answer []byte) {
	a.first.Do(func() { time.AfterFunc(versionPatience, a.release) })
	<-a.free
	a.Journal.Keep(request, answer)
}

func (a *heldAnswers) release() { a.once.Do(func() { close(a.free) }) }

func (s *resumption) askVersion(ctx context.Context) (string, error) {
	var activities *schemas.Connection
	if c, err := s.plan.Schema.Connection("activities"); err == nil {
		activities = c
	}
	return extract.Version(ctx, s.client, s.plan.Query, activities)
}

// close settles what becomes of the answers, now that the pipeline has ended.
func (s *resumption) close(k *keptAnswers, err error) {
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

// repeats says that the same answers would lead to the same error.
func repeats(err error) bool {
	return errors.As(err, new(*checks.Error)) || errors.As(err, new(*transform.PageError)) || errors.Is(err, extract.ErrChanged)
}
