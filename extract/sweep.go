package extract

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Bounds of a sweep.
const (
	sweepMost  = 12 // times that all ids are read until they add up: an order with ties shows others each time
	sweepMoves = 3  // of them, those in which the count changed
	sweepBare  = 2  // in a row that bring no new id: asking on will not either
)

// censusBySweep reads the ids of all records and compares them with those that
// came. If both are the same, and as many as there were when the sweep began, what
// came is what there was then: it came before and was there after.
func (s *Source) censusBySweep(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	read, err := s.sweep(ctx, a.all(), workers)
	if err != nil {
		return nil, err
	}
	came := slices.Sorted(slices.Values(slices.Concat(a.IDs, a.Lost)))
	there := slices.Sorted(slices.Values(read.ids))
	c := &Census{Total: read.total, By: BySweep}
	if read.whole() {
		c.Gone, c.AtOnce = without(came, there), true
	}
	var rows []int
	for i, id := range read.ids {
		if _, found := slices.BinarySearch(came, id); !found {
			rows = append(rows, read.rows[i])
		}
	}
	c.Unnamed = min(read.unnamed, a.Unnamed)
	c.Lacking = read.total - (len(read.ids) - len(rows)) - c.Unnamed
	c.Windows = s.query.windowsOf(rows)
	return c, nil
}

// windowsOf gives windows that hold some rows, as wide as a page: with ties they
// may stand a little elsewhere by the time they are asked for.
func (q *Query) windowsOf(rows []int) []Window {
	slices.Sort(rows)
	var list []Window
	for _, row := range rows {
		last := len(list) - 1
		if last < 0 || row >= list[last].Offset+list[last].Size {
			list = append(list, Window{Offset: max(row-q.size()/2, 0), Size: q.size()})
		}
	}
	return list
}

// swept is what reading all ids gave.
type swept struct {
	ids     []int64
	rows    []int // where each was seen first, about
	unnamed int   // records that are there, but not even their ids come
	total   int
}

func (r *swept) whole() bool { return len(r.ids)+r.unnamed == r.total }

// sweep reads all ids until they are as many as the server counts, each once.
// Where ties show others each time, what came in several sweeps is put together,
// as long as the count stays the same. If they never add up it gives what came.
func (s *Source) sweep(ctx context.Context, expected, workers int) (*swept, error) {
	all, seen := &swept{total: -1}, map[int64]bool{}
	anew := func() { all = &swept{total: -1}; clear(seen) }
	for try, moves, bare := 0, 0, 0; try < sweepMost && moves < sweepMoves && bare < sweepBare; try++ {
		read, err := s.sweepOnce(ctx, expected, workers)
		if err != nil && !errors.Is(err, errMoved) {
			return nil, err
		}
		if read != nil {
			expected = read.total
		}
		if err != nil || all.total >= 0 && read.total != all.total {
			moves++
			bare = 0
			anew()
			continue
		}
		before := len(all.ids)
		for row, id := range read.ids {
			if !seen[id] {
				seen[id] = true
				all.ids, all.rows = append(all.ids, id), append(all.rows, row)
			}
		}
		all.total, all.unnamed = read.total, read.unnamed
		switch {
		case all.whole():
			return all, nil
		case len(all.ids)+all.unnamed > all.total:
			moves++
			anew()
		case len(all.ids) == before:
			bare++
		default:
			bare = 0
		}
	}
	if all.total < 0 {
		return nil, errMoved
	}
	return all, nil
}

// sweepOnce reads the ids of all pages, many pages in one request. If that does
// not go, it walks the pages as those of records are walked.
func (s *Source) sweepOnce(ctx context.Context, expected, workers int) (*swept, error) {
	if s.query.Follow {
		return s.sweepWalk(ctx, workers)
	}
	most := max(s.query.Connection.MaxPage, 1)
	read, got, err := s.sweepPages(ctx, expected, most, workers)
	if err == nil && got > 0 && got < min(most, read.total) { // so much it gives at once
		read, _, err = s.sweepPages(ctx, read.total, got, workers)
	}
	if poisoned(err) {
		return s.sweepWalk(ctx, workers)
	}
	return read, err
}

// sweepPages reads the ids in pages of one size. It also gives how many the first
// of them has.
func (s *Source) sweepPages(ctx context.Context, expected, size, workers int) (read *swept, got int, err error) {
	var questions []question
	for row := 0; row <= expected; row += size {
		questions = append(questions, question{after: row, nodes: size})
	}
	replies, err := s.askInOrder(ctx, questions, workers)
	if err != nil {
		return nil, 0, err
	}
	read = &swept{total: replies[0].total}
	for _, r := range replies {
		if r.total != read.total {
			return read, 0, errMoved
		}
		read.ids = append(read.ids, r.ids...)
	}
	if read.total >= len(questions)*size {
		return read, 0, errMoved // there are more than were expected
	}
	return read, len(replies[0].ids), nil
}

// sweepWalk reads the ids page by page. Records that do not come even so are
// counted.
func (s *Source) sweepWalk(ctx context.Context, workers int) (*swept, error) {
	query := s.query.onlyIDs()
	query.Limit = 0
	if query.Paging == IDs {
		query.Paging = Offset
	}
	source, walk := s.client.Open(query), query.Walk()
	read := &swept{total: -1}
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		pages := make([]*Page, len(round))
		g, ctx := errgroup.WithContext(fresh(ctx))
		g.SetLimit(max(workers, 1))
		for i, w := range round {
			g.Go(func() (err error) { pages[i], err = source.Fetch(ctx, w); return err })
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, p := range pages {
			if p.moved || read.total >= 0 && read.total != p.TotalCount {
				return nil, errMoved
			}
			read.add(p)
			if err := walk.Got(p); err != nil {
				return nil, err
			}
		}
	}
	return read, nil
}

func (r *swept) add(p *Page) {
	r.total = p.TotalCount
	r.ids = append(r.ids, p.IDs...)
	for _, lost := range p.Rejects {
		if lost.ID != 0 {
			r.ids = append(r.ids, lost.ID)
		} else {
			r.unnamed++
		}
	}
}
