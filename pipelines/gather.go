package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/reconcile"
)

// How often the server is asked whether what arrived is what there is, and the
// difference mended; and how often in a row where that mends nothing.
const (
	looksMost = 12
	looksBare = 3
)

// gather asks the API for all pages, in the safest way that the server goes
// along with, and proves that they hold all records. Nothing is decoded before:
// what was removed meanwhile can still be taken out.
func (p *pipeline) gather(ctx context.Context) error {
	ways := p.plan.ways
	for i := range ways {
		err := p.collect(ctx, &ways[i])
		var unfit *extract.PagingError
		if err == nil || i == len(ways)-1 || !errors.As(err, &unfit) {
			return err
		}
		p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "%s; going on %s", unfit.What, wayText(&ways[i+1]))
		p.unfit = append(p.unfit, unfit.What)
		p.ledger.reset()
	}
	return nil
}

func (p *pipeline) collect(ctx context.Context, way *extract.Query) (err error) {
	query := *way
	query.Limit = p.limit
	if p.spool != nil {
		p.spool.close()
		p.spool = nil
	}
	if p.spool, err = newSpool(&query, p.ledger, p.runner.spoolPlaces()); err != nil {
		return err
	}
	p.way = query.Resolved()
	source, walk := extract.Open(p.client, &query), query.Walk()
	f := &flow{walk: walk, fetch: source.Fetch, decode: p.keep, write: p.write, workers: p.workers()}
	if err := f.run(ctx); err != nil || query.Limit > 0 {
		return err
	}
	if p.runner.unproven {
		p.ledger.proof = "none"
		return nil
	}
	return p.settle(ctx, source)
}

// keep books a page and sets it aside.
func (p *pipeline) keep(page *extract.Page, _ func(row) error) error {
	p.ledger.arrive(page)
	p.progress(false)
	return p.spool.keep(page)
}

// settle takes a census until what arrived is what there is, asking for what is
// missing and taking out what is gone. If it never adds up, the ledger stays
// incomplete.
func (p *pipeline) settle(ctx context.Context, source *extract.Source) error {
	for look, bare := 1, 0; look <= looksMost && bare < looksBare; look++ {
		c, err := reconcile.Compare(ctx, source, p.ledger.arrived(), p.workers())
		if err != nil {
			return fmt.Errorf("extract: is anything missing: %w", err)
		}
		if !c.Changed {
			p.ledger.total = int64(c.Total)
		}
		if p.ledger.last = c; c.Complete() {
			p.drop(c.Gone)
			p.ledger.prove(c)
			p.spool.settle(c.Unnamed)
			return nil
		}
		if bare++; len(c.Windows) > 0 || len(c.Gone) > 0 {
			bare = 0
			p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "of %d records, %d fell between pages and %d that came are gone; mending that",
				c.Total, max(c.Missing, 0), len(c.Gone))
		}
		if err := p.mend(ctx, source, c); err != nil {
			return err
		}
	}
	return nil
}

// mend takes out what is gone, and fetches the windows with what is missing.
func (p *pipeline) mend(ctx context.Context, source *extract.Source, c *reconcile.Result) error {
	p.drop(c.Gone)
	pages := make([]*extract.Page, len(c.Windows))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(p.workers())
	for i, w := range c.Windows {
		g.Go(func() (err error) { pages[i], err = source.Fetch(inner, w); return err })
	}
	if err := g.Wait(); err != nil && !errors.As(err, new(*extract.PagingError)) {
		return fmt.Errorf("extract: %w", err)
	}
	for _, page := range pages {
		if page == nil {
			continue
		}
		if err := p.spool.put(page, p.ledger.known); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		p.ledger.mend(page)
	}
	return nil
}

// drop takes out what is gone.
func (p *pipeline) drop(gone []int64) {
	p.ledger.drop(gone)
	p.spool.drop(gone)
}
