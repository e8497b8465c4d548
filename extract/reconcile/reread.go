package reconcile

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
)

// Bounds of rereading.
const (
	maxReadings = 12 // of all ids until they add up: an order with ties shows others each time
	maxChanged  = 3  // of them, those in which the count changed
	maxBare     = 2  // in a row without a new id: more readings will bring none either
)

// byRereading reads the ids of all records and compares them with the received ones. If
// both are the same, and as many as there were when the reading began, then the received
// records were all records at that moment: they came before and were there after.
func (r *reconciler) byRereading(ctx context.Context) (*Result, error) {
	a := r.received
	read, err := r.readIDs(ctx, a.all())
	if err != nil {
		return nil, err
	}
	came := slices.Sorted(slices.Values(slices.Concat(a.IDs, a.Lost)))
	there := slices.Sorted(slices.Values(read.ids))
	c := &Result{Total: read.total, By: ByRereading}
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
	c.Missing = read.total - (len(read.ids) - len(rows)) - c.Unnamed
	c.Windows = windowsOf(r.query, rows)
	return c, nil
}

// windowsOf gives windows that contain some rows, as wide as a page: with ties the rows
// may move a little until they are asked for.
func windowsOf(q *extract.Query, rows []int) []extract.Window {
	slices.Sort(rows)
	var list []extract.Window
	for _, row := range rows {
		last := len(list) - 1
		if last < 0 || row >= list[last].Offset+list[last].Size {
			list = append(list, extract.Window{Offset: max(row-q.Rows()/2, 0), Size: q.Rows()})
		}
	}
	return list
}

// idReading is the result of reading all ids.
type idReading struct {
	ids     []int64
	rows    []int // where each was seen first, roughly
	unnamed int   // records that the server fails to return, even their ids
	total   int
}

func (r *idReading) whole() bool { return len(r.ids)+r.unnamed == r.total }

// readIDs reads all ids until they are as many as the server counts, each once. If ties
// show others each time, it joins several readings, as long as the count stays the same.
// If they never add up it gives the ids it has.
func (r *reconciler) readIDs(ctx context.Context, expected int) (*idReading, error) {
	all, seen := &idReading{total: -1}, map[int64]bool{}
	restart := func() { all = &idReading{total: -1}; clear(seen) }
	for try, changes, bare := 0, 0, 0; try < maxReadings && changes < maxChanged && bare < maxBare; try++ {
		read, err := r.readIDsOnce(ctx, expected)
		if err != nil && !errors.Is(err, extract.ErrChanged) {
			return nil, err
		}
		if read != nil {
			expected = read.total
		}
		if err != nil || all.total >= 0 && read.total != all.total {
			changes++
			bare = 0
			restart()
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
			changes++
			restart()
		case len(all.ids) == before:
			bare++
		default:
			bare = 0
		}
	}
	if all.total < 0 {
		return nil, extract.ErrChanged
	}
	return all, nil
}

// readIDsOnce reads the ids of all pages, many pages in one request. If that fails, it
// walks the pages like those of records.
func (r *reconciler) readIDsOnce(ctx context.Context, expected int) (*idReading, error) {
	if r.query.Follow {
		return r.walkIDs(ctx)
	}
	most := max(r.query.Connection.MaxPage, 1)
	read, got, err := r.readIDPages(ctx, expected, most)
	if err == nil && got > 0 && got < min(most, read.total) { // the server gives fewer at once
		read, _, err = r.readIDPages(ctx, read.total, got)
	}
	if extract.IsRecordFault(err) {
		return r.walkIDs(ctx)
	}
	return read, err
}

// readIDPages reads the ids in pages of one size. It also gives the size of the first
// page.
func (r *reconciler) readIDPages(ctx context.Context, expected, size int) (read *idReading, got int, err error) {
	var queries []extract.CountQuery
	for row := 0; row <= expected; row += size {
		queries = append(queries, extract.CountQuery{After: row, Nodes: size})
	}
	results, err := r.source.Count(ctx, queries, r.workers)
	if err != nil {
		return nil, 0, err
	}
	read = &idReading{total: results[0].Total}
	for _, result := range results {
		if result.Total != read.total {
			return read, 0, extract.ErrChanged
		}
		read.ids = append(read.ids, result.IDs...)
	}
	if read.total >= len(queries)*size {
		return read, 0, extract.ErrChanged // there are more than were expected
	}
	return read, len(results[0].IDs), nil
}

// walkIDs reads the ids page by page, and counts the records that the server fails to
// return.
func (r *reconciler) walkIDs(ctx context.Context) (*idReading, error) {
	source := r.source.OpenIDs()
	walk := source.Query().Walk()
	read := &idReading{total: -1}
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		pages := make([]*extract.Page, len(round))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(max(r.workers, 1))
		for i, w := range round {
			g.Go(func() (err error) { pages[i], err = source.Fetch(ctx, w); return err })
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, p := range pages {
			if p.Changed || read.total >= 0 && read.total != p.TotalCount {
				return nil, extract.ErrChanged
			}
			read.add(p)
			if err := walk.Got(p); err != nil {
				return nil, err
			}
		}
	}
	return read, nil
}

func (r *idReading) add(p *extract.Page) {
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
