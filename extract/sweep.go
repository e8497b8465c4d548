package extract

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"
)

// sweepMost is how often all ids are read until they add up: an order with ties
// shows others each time.
const sweepMost = 12

// censusBySweep reads the ids of all records and compares them with those that
// came.
func (s *Source) censusBySweep(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	ids, total, err := s.sweep(ctx, a.all(), workers)
	if err != nil {
		return nil, err
	}
	came := slices.Sorted(slices.Values(slices.Concat(a.IDs, a.Lost)))
	there := slices.Sorted(slices.Values(ids))
	c := &Census{Total: total, Gone: without(came, there), By: BySweep}
	var rows []int
	for row, id := range ids {
		if _, found := slices.BinarySearch(came, id); !found {
			rows = append(rows, row)
		}
	}
	if c.Lacking = len(rows) + total - len(ids) - a.Unnamed; c.Lacking > 0 {
		c.Windows = s.query.windowsOf(rows)
	}
	return c, nil
}

// windowsOf gives windows of at most a page that hold some rows.
func (q *Query) windowsOf(rows []int) []Window {
	var list []Window
	for _, row := range rows {
		last := len(list) - 1
		if last >= 0 && row < list[last].Offset+q.size() {
			list[last].Size = row - list[last].Offset + 1
			continue
		}
		list = append(list, Window{Offset: row, Size: 1})
	}
	return list
}

// sweep reads all ids until they are as many as the server counts, each once.
// Where ties show others each time, what came in several sweeps is put together,
// as long as the count stays the same.
func (s *Source) sweep(ctx context.Context, expected, workers int) (ids []int64, total int, err error) {
	union := map[int64]bool{}
	before := -1
	for range sweepMost {
		read, total, err := s.sweepOnce(ctx, expected, workers)
		if errors.Is(err, errMoved) || err == nil && before >= 0 && total != before {
			before = -1
			clear(union)
			ids = nil
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		before, expected = total, total
		for _, id := range read {
			if !union[id] {
				union[id] = true
				ids = append(ids, id)
			}
		}
		if len(ids) == total {
			return ids, total, nil
		}
		if len(ids) > total {
			before = -1
			clear(union)
			ids = nil
		}
	}
	return nil, 0, errMoved
}

// sweepOnce reads the ids of all pages, many pages in one request. If that does
// not go, it walks the pages as those of records are walked.
func (s *Source) sweepOnce(ctx context.Context, expected, workers int) (ids []int64, total int, err error) {
	if s.query.Follow {
		return s.sweepWalk(ctx, workers)
	}
	most := max(s.query.Connection.MaxPage, 1)
	var questions []question
	for row := 0; row <= expected; row += most {
		questions = append(questions, question{after: row, nodes: most})
	}
	replies, err := s.askAll(ctx, questions, workers)
	if err != nil {
		return s.sweepWalk(ctx, workers)
	}
	for i, r := range replies {
		if r.total != replies[0].total {
			return nil, 0, errMoved
		}
		if want := min(max(r.total-i*most, 0), most); len(r.ids) != want {
			return s.sweepWalk(ctx, workers) // the server gives less at once
		}
		ids = append(ids, r.ids...)
	}
	if total = replies[0].total; total > len(questions)*most {
		return s.sweepWalk(ctx, workers)
	}
	return ids, total, nil
}

// sweepWalk reads the ids page by page. Records that do not come even so are
// counted but not named.
func (s *Source) sweepWalk(ctx context.Context, workers int) (ids []int64, total int, err error) {
	query := s.query.onlyIDs()
	query.Limit = 0
	if query.Paging == IDs {
		query.Paging = Offset
	}
	source, walk := s.client.Open(query), query.Walk()
	total = -1
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		pages := make([]*Page, len(round))
		g, ctx := errgroup.WithContext(fresh(ctx))
		g.SetLimit(max(workers, 1))
		for i, w := range round {
			g.Go(func() (err error) { pages[i], err = source.Fetch(ctx, w); return err })
		}
		if err := g.Wait(); err != nil {
			return nil, 0, err
		}
		for _, p := range pages {
			if total >= 0 && total != p.TotalCount {
				return nil, 0, errMoved
			}
			total = p.TotalCount
			ids = append(ids, p.IDs...)
			if err := walk.Got(p); err != nil {
				return nil, 0, err
			}
		}
	}
	return ids, total, nil
}
