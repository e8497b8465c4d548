package run

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/drift"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// collector gets the records of one connection. Their pages wait in its spool until it
// is proven that they are complete; then its decoder makes rows of them.
type collector struct {
	runner   *Runner
	plan     *plan.Plan // of the connection
	reporter *reporter
	number   int // among the connections of the spec
	limit    int // records that may come; 0: all

	client     *graphql.Client // nil in a replay
	resumption *resumption
	recorder   *recording.Recorder // nil unless the answers are kept
	spool      *spool.Spool        // nil in a replay
	decoder    *decoderStage
	tally      *tally

	paging  extract.Paging // how the pages were addressed in the end
	refused []string       // ways of paging that the server turned out not to support
}

func newCollector(r *Runner, plan *plan.Plan, report *reporter, number int) *collector {
	return &collector{runner: r, plan: plan, reporter: report, number: number, limit: r.Limit,
		resumption: &resumption{runner: r, plan: plan, reporter: report}, tally: newTally()}
}

// open makes ready what asks nothing of the API.
func (c *collector) open(endpoint string) (err error) {
	if err := c.resumption.open(endpoint); err != nil {
		return err
	}
	c.tally.withoutID = len(c.plan.Decode.ID) == 0
	c.decoder, err = newDecoderStage(c)
	return err
}

// connect makes the client. whole is the plan of all connections.
func (c *collector) connect(ctx context.Context, s *sessions, whole *plan.Plan) (err error) {
	if c.client, err = s.open(ctx, whole, c.reporter.notify); err != nil {
		return err
	}
	if err := c.resumption.start(ctx, c.client); err != nil {
		return err
	}
	if c.runner.Record != "" {
		c.recorder, err = recording.NewRecorder(c.runner.Record, c.plan)
	}
	return err
}

// close ends what the collector holds open.
func (c *collector) close() {
	if c.decoder != nil {
		c.decoder.Close()
	}
	if c.spool != nil {
		c.spool.Close()
	}
	if c.client != nil {
		c.client.Close()
	}
}

// collect asks the API for all pages, in the safest way that the server supports, and
// proves that they hold all records. Nothing is decoded before: what was removed
// meanwhile can still be taken out.
func (c *collector) collect(ctx context.Context) error {
	for i := range c.plan.Pagings {
		err := c.collectBy(ctx, &c.plan.Pagings[i])
		var refused *extract.PagingError
		if err == nil || i == len(c.plan.Pagings)-1 || !errors.As(err, &refused) {
			return err
		}
		c.reporter.warn("%s; going on %s", refused.What, plan.PagingText(&c.plan.Pagings[i+1]))
		c.refused = append(c.refused, refused.What)
		c.tally.reset()
	}
	return nil
}

// collectBy collects with one way of paging.
func (c *collector) collectBy(ctx context.Context, paging *extract.Query) (err error) {
	query := *paging
	query.Limit = c.limit
	if c.spool != nil {
		c.spool.Close()
		c.spool = nil
	}
	if c.spool, err = spool.New(&query, c.tally.isLost, c.runner.spoolPlaces()); err != nil {
		return err
	}
	c.paging = query.Resolved()
	source, walk := extract.Open(c.client, &query), query.Walk()
	f := &flow{walk: walk, fetch: source.Fetch, decode: c.spoolPage, write: writeNothing, workers: c.workers()}
	if err := f.run(ctx); err != nil || query.Limit > 0 {
		return err
	}
	if c.runner.unproven {
		c.tally.proof = "none"
		return nil
	}
	return c.reconcile(ctx, source)
}

// spoolPage counts a page and appends it to the spool.
func (c *collector) spoolPage(page *extract.Page, _ func(row) error) error {
	c.tally.addPage(page)
	c.report()
	return c.spool.AddPage(page)
}

func writeNothing(context.Context, row) error { return nil }

// report tells how many records there are so far.
func (c *collector) report() {
	expected := c.tally.total
	if c.limit > 0 {
		expected = min(expected, int64(c.limit))
	}
	c.reporter.count(c.number, c.tally.unique(), expected)
}

// explain puts an error of extraction in terms of the spec, where the server
// refused the query itself: only then is it asked what has changed, so that a
// run of which nothing is wrong asks nothing more than its pages.
func (c *collector) explain(ctx context.Context, err error) error {
	var refused *graphql.Error
	if ctx.Err() != nil || !errors.As(err, &refused) || !refused.Invalid() {
		return err
	}
	moved, asked := drift.ServerSchema(ctx, c.client, []*plan.Plan{c.plan})
	if asked != nil {
		return &schemaError{drift.RefusedFaults(c.plan, refused), err}
	}
	if found := drift.BrokenBy(drift.Find(c.plan, moved)); len(found) > 0 {
		return &schemaError{found, err}
	}
	return err // its schema is what it was
}

// schemaError says that the API does not know any more what a spec asks for. It
// is no fault of the command line: the run has failed, and nothing was published.
type schemaError struct {
	faults document.Faults // of the spec, against the API as it is now
	api    error           // the server's own words
}

func (e *schemaError) Error() string {
	return fmt.Sprintf("the API has changed and refuses the query; nothing was published\n%s\n%s", e.faults, e.api)
}

func (e *schemaError) Unwrap() error { return e.api }

func (c *collector) workers() int {
	if c.runner.Concurrency > 0 {
		return c.runner.Concurrency
	}
	return c.plan.Spec.Source.Concurrency
}

// spoolPlaces are where pages may be kept: beside what else runs leave, which is
// on a disk, then where temporary files go, which may be memory.
func (r *Runner) spoolPlaces() []spool.Place {
	if r.spooling != nil {
		return []spool.Place{r.spooling}
	}
	in := func(dir string) spool.Place { return func() (spool.File, error) { return spool.NewScratch(dir) } }
	if r.State == nil {
		return []spool.Place{in(os.TempDir())}
	}
	return []spool.Place{in(r.State.Path()), in(os.TempDir())}
}
