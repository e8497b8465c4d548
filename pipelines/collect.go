package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
)

// How often the server is asked whether what arrived is what there is, and the
// difference mended; and how often in a row where that mends nothing.
const (
	maxReconciliations = 12
	maxFruitless       = 3
)

// collect asks the API for all pages, in the safest way that the server goes
// along with, and proves that they hold all records. Nothing is decoded before:
// what was removed meanwhile can still be taken out.
func (p *pipeline) collect(ctx context.Context) error {
	ways := p.plan.pagings
	for i := range ways {
		err := p.collectBy(ctx, &ways[i])
		var unfit *extract.PagingError
		if err == nil || i == len(ways)-1 || !errors.As(err, &unfit) {
			return err
		}
		p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "%s; going on %s", unfit.What, pagingText(&ways[i+1]))
		p.refusedPaging = append(p.refusedPaging, unfit.What)
		p.tally.reset()
	}
	return nil
}

func (p *pipeline) collectBy(ctx context.Context, way *extract.Query) (err error) {
	query := *way
	query.Limit = p.limit
	if p.spool != nil {
		p.spool.close()
		p.spool = nil
	}
	if p.spool, err = newSpool(&query, p.tally.isLost, p.runner.spoolPlaces()); err != nil {
		return err
	}
	p.paging = query.Resolved()
	source, walk := p.client.Open(&query), query.Walk()
	f := &flow{walk: walk, fetch: source.Fetch, decode: p.spoolPage, write: p.write, workers: p.workers()}
	if err := f.run(ctx); err != nil || query.Limit > 0 {
		return err
	}
	if p.runner.unproven {
		p.tally.proof = "none"
		return nil
	}
	return p.reconcile(ctx, source)
}

// spoolPage books a page and sets it aside.
func (p *pipeline) spoolPage(page *extract.Page, _ func(row) error) error {
	p.tally.addPage(page)
	p.progress(false)
	return p.spool.addPage(page)
}

// reconcile takes a census until what arrived is what there is, asking for what is
// missing and taking out what is gone. If it never adds up, the tally stays
// incomplete.
func (p *pipeline) reconcile(ctx context.Context, source *extract.Source) error {
	for look, bare := 1, 0; look <= maxReconciliations && bare < maxFruitless; look++ {
		c, err := source.Census(ctx, p.tally.arrived(), p.workers())
		if err != nil {
			return fmt.Errorf("extract: is anything missing: %w", err)
		}
		if !c.Moved {
			p.tally.total = int64(c.Total)
		}
		if p.tally.last = c; c.Complete() {
			p.remove(c.Gone)
			p.tally.markProven(c)
			p.spool.limitUnnamed(c.Unnamed)
			return nil
		}
		if bare++; len(c.Windows) > 0 || len(c.Gone) > 0 {
			bare = 0
			p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "of %d records, %d fell between pages and %d that came are gone; mending that",
				c.Total, max(c.Lacking, 0), len(c.Gone))
		}
		if err := p.repair(ctx, source, c); err != nil {
			return err
		}
	}
	return nil
}

// repair takes out what is gone, and fetches the windows with what is missing.
func (p *pipeline) repair(ctx context.Context, source *extract.Source, c *extract.Census) error {
	p.remove(c.Gone)
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
		if err := p.spool.addMissed(page, p.tally.seen); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		p.tally.addRepaired(page)
	}
	return nil
}

// remove takes out what is gone.
func (p *pipeline) remove(gone []int64) {
	p.tally.remove(gone)
	p.spool.remove(gone)
}

// spoolPlaces are where pages may be kept: beside what else runs leave, which is
// on a disk, then where temporary files go, which may be memory.
func (r *Runner) spoolPlaces() []spoolPlace {
	if r.spooling != nil {
		return []spoolPlace{r.spooling}
	}
	in := func(dir string) spoolPlace { return func() (spoolFile, error) { return newScratch(dir) } }
	if r.State == nil {
		return []spoolPlace{in(os.TempDir())}
	}
	return []spoolPlace{in(r.State.Path()), in(os.TempDir())}
}
