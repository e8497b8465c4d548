package run

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/reconcile"
)

// How often the records that arrived are reconciled with the server's and the
// difference is repaired; and how often in a row where there is nothing to repair.
const (
	maxReconciliations = 12
	maxFruitless       = 3
)

// reconcile compares what arrived with what the server has, and repairs the difference,
// until both are the same. If they never are, the tally stays incomplete.
func (c *collector) reconcile(ctx context.Context, source *extract.Source) error {
	for round, fruitless := 1, 0; round <= maxReconciliations && fruitless < maxFruitless; round++ {
		found, err := reconcile.Compare(ctx, source, c.tally.arrived(), c.workers())
		if err != nil {
			return fmt.Errorf("extract: is anything missing: %w", err)
		}
		if !found.Changed {
			c.tally.total = int64(found.Total)
		}
		if c.tally.last = found; found.Complete() {
			c.remove(found.Gone)
			c.tally.markProven(found)
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

// repair removes the records that are gone, and fetches the windows with missing ones.
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

// incomplete is the error of records of this connection that are missing, if
// that matters.
func (c *collector) incomplete() error {
	if c.runner.AllowIncomplete || c.runner.Limit > 0 || c.tally.complete() {
		return nil
	}
	return c.tally.incomplete(c.plan.Connection.Name)
}
