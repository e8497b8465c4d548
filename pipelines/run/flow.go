package run

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/transform"
)

// flow is one pass over the pages of a query: the only place where stages run concurrently.
//
//	drive ──jobs──▶ fetch × N          a page each, in any order
//	drive ◀─slots──                    restores the order
//	drive ──pages─▶ decode ──rows──▶ write
//
// Every channel is bounded and closed by its sender. When one goroutine fails, the context stops the others.
type flow struct {
	walk    walk
	fetch   func(context.Context, extract.Window) (*extract.Page, error) // called concurrently
	decode  func(*extract.Page, func(row) error) error
	write   func(context.Context, row) error
	workers int

	// ends reports that no row follows a page. The rest of its round is not asked for then: the server's total, which
	// the round relies on, can be far too large. May be nil.
	ends func(*extract.Page) bool
}

// walk returns the windows to fetch, round by round, and learns from their pages.
type walk interface {
	Next() []extract.Window
	Got(*extract.Page) error
}

// row goes from the decoder to the writer: a batch of one table, which the receiver releases, or a rejected record.
type row struct {
	table  int
	batch  arrow.RecordBatch
	reject *transform.Reject
	done   chan struct{} // of a large batch: closed when it is released
}

func (r row) release() {
	if r.batch != nil {
		r.batch.Release()
	}
	if r.done != nil {
		close(r.done)
	}
}

func (r row) large() bool {
	if r.batch == nil {
		return false
	}
	var size uint64
	for _, c := range r.batch.Columns() {
		size += c.Data().SizeInBytes()
	}
	return size >= largeBatch
}

// largeBatch is the size of a batch that is written before the next one is decoded, so that large texts do not pile up
// in memory. Usual batches are smaller.
const largeBatch = 4 << 20

type job struct {
	window extract.Window
	slot   chan *extract.Page // has room for the page
	turn   chan struct{}      // closed when the page is the next one: from then on it may be large
}

// run passes every page of the walk through the stages until all are written, or until the first error.
func (f *flow) run(ctx context.Context) error {
	// A fast fetcher may be a round of pages ahead of the slowest, so that one slow answer does not idle the others.
	ahead := 2 * f.workers
	jobs := make(chan job, ahead)
	pages := make(chan *extract.Page) // decoding a page takes a thousandth of fetching it
	rows := make(chan row, 1)         // batches of some 1,000 rows, 1 to 2 MB each

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { defer close(pages); defer close(jobs); return f.drive(ctx, ahead, jobs, pages) })
	for range f.workers {
		g.Go(func() error { return f.fetchAll(ctx, jobs) })
	}
	g.Go(func() error { defer close(rows); return f.decodeAll(ctx, pages, rows) })
	g.Go(func() error { return f.writeAll(ctx, rows) })
	err := g.Wait()
	for r := range rows { // that nobody received after the writer failed
		r.release()
	}
	return err
}

// drive requests the windows of each round, at most ahead at once, and passes their pages on in order.
func (f *flow) drive(ctx context.Context, ahead int, jobs chan<- job, pages chan<- *extract.Page) error {
	var waiting []job
	for round := f.walk.Next(); len(round) > 0; round = f.walk.Next() {
		for len(round) > 0 || len(waiting) > 0 {
			for len(round) > 0 && len(waiting) < ahead {
				next := job{round[0], make(chan *extract.Page, 1), make(chan struct{})}
				if err := send(ctx, jobs, next); err != nil {
					return err
				}
				waiting, round = append(waiting, next), round[1:]
			}
			close(waiting[0].turn)
			page, err := receive(ctx, waiting[0].slot)
			if err != nil {
				return err
			}
			waiting = waiting[1:]
			if err := f.walk.Got(page); err != nil {
				return fmt.Errorf("extract: %w", err)
			}
			if f.ends != nil && f.ends(page) {
				round = nil
			}
			if err := send(ctx, pages, page); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *flow) fetchAll(ctx context.Context, jobs <-chan job) error {
	for j := range jobs {
		page, err := f.fetch(graphql.WithTurn(ctx, j.turn), j.window)
		if err != nil {
			return fmt.Errorf("extract: %s: %w", j.window, err)
		}
		j.slot <- page
	}
	return nil
}

func (f *flow) decodeAll(ctx context.Context, pages <-chan *extract.Page, rows chan<- row) error {
	for page := range pages {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := f.decode(page, func(r row) error { return sendRow(ctx, rows, r) }); err != nil {
			return fmt.Errorf("transform: %s: %w", page.Window, err)
		}
	}
	return nil
}

// sendRow sends a row, or releases it if the context ends first. It waits until a large batch is written.
func sendRow(ctx context.Context, rows chan<- row, r row) error {
	if r.large() {
		r.done = make(chan struct{})
	}
	if err := send(ctx, rows, r); err != nil {
		r.release()
		return err
	}
	if r.done != nil {
		_, err := receive(ctx, r.done)
		return err
	}
	return nil
}

func (f *flow) writeAll(ctx context.Context, rows <-chan row) error {
	for r := range rows {
		err := f.write(ctx, r)
		r.release()
		if err != nil {
			return err
		}
	}
	return nil
}

func send[T any](ctx context.Context, to chan<- T, value T) error {
	select {
	case to <- value:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func receive[T any](ctx context.Context, from <-chan T) (value T, err error) {
	select {
	case value = <-from:
		return value, nil
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
}
