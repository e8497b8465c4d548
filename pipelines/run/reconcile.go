package run

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/reconcile"
)

// Limits of reconciliations: in all, and in a row without anything to repair.
const (
	maxReconciliations = 12
	maxFruitless       = 3
)

// reconcile compares the received records with the server's and repairs the difference, until there is none. If that
// never happens, the tally stays incomplete.
func (c *collector) reconcile(ctx context.Context, source *extract.Source) error {
	for round, fruitless := 1, 0; round <= maxReconciliations && fruitless < maxFruitless; round++ {
		found, err := reconcile.Compare(ctx, source, c.tally.received(), c.workers())
		if err != nil {
			return fmt.Errorf("extract: reconcile: %w", err)
		}
		if !found.Changed {
			c.tally.total = int64(found.Total)
		}
		if c.tally.last = found; found.Complete() {
			c.remove(found.Gone)
			c.tally.proof, c.tally.last, c.tally.unnamed = found.By, nil, int64(found.Unnamed)
			c.spool.LimitUnnamed(found.Unnamed)
			return nil
		}
		if fruitless++; len(found.Windows) > 0 || len(found.Gone) > 0 {
			fruitless = 0
			c.reporter.warn("%d records: %d fell between pages and %d received records are gone; repairing the result",
				found.Total, max(found.Missing, 0), len(found.Gone))
		}
		if err := c.repair(ctx, source, found); err != nil {
			return err
		}
	}
	return nil
}

// repair removes deleted records, and fetches the windows with missing ones.
func (c *collector) repair(ctx context.Context, source *extract.Source, found *reconcile.Result) error {
	c.remove(found.Gone)
	pages := make([]*extract.Page, len(found.Windows))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(c.workers())
	for i, w := range found.Windows {
		g.Go(func() (err error) { pages[i], err = source.Fetch(inner, w); return err })
	}
	if err := g.Wait(); err != nil && !errors.As(err, new(*extract.PagingError)) {
		return fmt.Errorf("extract: %w", err)
	}
	for _, page := range pages {
		if page == nil {
			continue
		}
		if err := c.spool.AddMissed(page, c.tally.seen); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		c.tally.addRepaired(page)
	}
	return nil
}

func (c *collector) remove(gone []int64) {
	c.tally.remove(gone)
	c.spool.Remove(gone)
}
