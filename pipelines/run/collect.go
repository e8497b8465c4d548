package run

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/internal/drift"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/transform"
)

// collector collects the records of one connection. Its spool holds the pages until they are proven complete; then its
// decoder makes rows of them.
type collector struct {
	runner   *Runner
	plan     *plan.Plan // of the connection
	reporter *reporter
	number   int // among the connections of the spec
	limit    int // maximum of records; 0: all

	client     *graphql.Client // nil in a replay
	resumption *resumption
	recorder   *recording.Recorder // nil without --record
	spool      *spool.Spool        // nil in a replay
	decoder    *transform.Decoder
	decoded    *roaring64.Bitmap // ids of the decoded records
	tally      *tally

	paging  extract.Paging // the way of paging that was used in the end
	refused []string       // reasons why other ways of paging failed
}

func newCollector(r *Runner, plan *plan.Plan, report *reporter, number int) *collector {
	return &collector{
		runner: r, plan: plan, reporter: report, number: number, limit: r.Limit,
		resumption: &resumption{runner: r, plan: plan, reporter: report},
		decoded:    roaring64.New(), tally: newTally(plan),
	}
}

// open prepares everything that needs no request.
func (c *collector) open(endpoint string, lookup func(name string, key int64) []any) error {
	if err := c.resumption.open(endpoint); err != nil {
		return err
	}
	return c.newDecoder(lookup)
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
	if c.recorder != nil {
		c.recorder.Close()
	}
}

// errStale says that pages of an earlier run are no longer what the server gives.
var errStale = errors.New("pages of an earlier run are stale")

// collect fetches all pages, in the safest way that the server supports, and proves that they hold all records. It
// decodes nothing: until the proof, the spool can still drop records that were deleted meanwhile.
func (c *collector) collect(ctx context.Context) error {
	for i := range c.plan.Pagings {
		err := c.collectBy(ctx, &c.plan.Pagings[i])
		if errors.Is(err, errStale) {
			c.resumption.startOver()
			c.tally = newTally(c.plan)
			err = c.collectBy(ctx, &c.plan.Pagings[i])
		}
		var refused *extract.PagingError
		if err == nil || i == len(c.plan.Pagings)-1 || !errors.As(err, &refused) {
			return err
		}
		c.reporter.warn("%s; continuing %s", refused.What, plan.PagingText(&c.plan.Pagings[i+1]))
		c.refused = append(c.refused, refused.What)
		c.tally = newTally(c.plan)
	}
	return nil
}

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
	f := &flow{
		walk: walk, fetch: source.Fetch, decode: c.addPage, write: writeNothing, workers: c.workers(), ends: isEnd,
	}
	if err := f.run(ctx); err != nil {
		return err
	}
	if current, err := source.ResumedIsCurrent(ctx, c.workers()); err != nil {
		return fmt.Errorf("extract: read resumed pages again: %w", err)
	} else if !current {
		return errStale
	}
	if query.Limit > 0 {
		return nil
	}
	if c.runner.unproven {
		c.tally.proof = "none"
		return nil
	}
	return c.reconcile(ctx, source)
}

// isEnd reports whether a page is behind the last record. Records that follow all the same are found by the proof.
func isEnd(p *extract.Page) bool {
	return !p.Window.IDs && !p.HasNext && p.Nodes == 0 && len(p.Rejects) == 0
}

func (c *collector) addPage(page *extract.Page, _ func(row) error) error {
	c.tally.addPage(page)
	c.report()
	return c.spool.AddPage(page)
}

func writeNothing(context.Context, row) error { return nil }

func (c *collector) report() {
	expected := c.tally.total
	if c.limit > 0 {
		expected = min(expected, int64(c.limit))
	}
	c.reporter.count(c.number, c.tally.unique(), expected)
}

// explain translates an error of extraction into terms of the spec, if the server refused the query. Only then it asks
// for the server's schema, so that a run without errors sends no extra request.
func (c *collector) explain(ctx context.Context, err error) error {
	var refused *graphql.Error
	if ctx.Err() != nil || !errors.As(err, &refused) || !refused.Invalid() {
		return err
	}
	faults := drift.RefusedFaults(c.plan, refused)
	if server, failed := drift.ServerSchema(ctx, c.client, []*plan.Plan{c.plan}); failed == nil {
		faults = drift.Breaking(drift.Find(c.plan, server))
	}
	if len(faults) == 0 {
		return err
	}
	// The faults are text, not wrapped: the spec was valid, and the run has failed.
	return fmt.Errorf("the API has changed and refuses the query; nothing was published\n%s\n%w", faults.Error(), err)
}

func (c *collector) workers() int {
	if c.runner.Concurrency > 0 {
		return c.runner.Concurrency
	}
	return c.plan.Spec.Source.Concurrency
}

// spoolPlaces are the folders for pages: first the state folder, which is on a disk, then that of temporary files,
// which may be in memory.
func (r *Runner) spoolPlaces() []spool.Place {
	if r.spooling != nil {
		return []spool.Place{r.spooling}
	}
	places := []spool.Place{spool.In(os.TempDir())}
	if r.State != nil {
		places = append([]spool.Place{spool.In(r.State.Path())}, places...)
	}
	return places
}
