package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
)

// Bounds of rereading.
const (
	maxReadings = 12  // of all ids until they add up: an order with ties shows others each time
	maxChanged  = 3   // of them, those in which the count changed
	maxBare     = 2   // in a row without a new id: more readings will not bring one
	maxRound    = 500 // pages of ids asked for before the first of them is looked at
)

// byRereading reads the ids of all records again. If they are the received ones, and as many as when
// the reading began, the received records were all records at that moment: they existed before and after.
func (r *reconciler) byRereading(ctx context.Context) (*Result, error) {
	a := r.received
	read, err := r.readIDs(ctx, a.all())
	if err != nil {
		return nil, err
	}
	received := slices.Sorted(slices.Values(slices.Concat(a.IDs, a.Lost)))
	there := slices.Sorted(maps.Keys(read.rows))
	c := &Result{Total: read.total, By: ByRereading, Unnamed: min(read.unnamed, a.Unnamed)}
	if c.AtOnce = read.complete(); c.AtOnce {
		c.Gone = without(received, there)
	}
	var rows []int
	for _, id := range without(there, received) {
		rows = append(rows, read.rows[id])
	}
	c.Missing = read.total - (len(there) - len(rows)) - c.Unnamed
	c.Windows = windowsOf(r.query, rows)
	return c, nil
}

// windowsOf gives windows that contain some rows. They are as wide as a page, as rows move with ties.
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

// idReading is one reading of all ids.
type idReading struct {
	ids     []int64 // in the server's order
	unnamed int     // records that the server fails to return, even their ids
	total   int
	more    bool // rows follow
}

// excess reports whether the server lists more rows than it counts. Then the count says nothing: an order with ties
// may repeat one row and hide another.
func (r *idReading) excess() bool { return r.more || len(r.ids)+r.unnamed > r.total }

// idReadings joins readings.
type idReadings struct {
	rows           map[int64]int // of each id, roughly
	unnamed, total int
}

func (a *idReadings) complete() bool { return len(a.rows)+a.unnamed == a.total }

// add joins one more reading, and returns the number of new ids.
func (a *idReadings) add(read *idReading) int {
	before := len(a.rows)
	for row, id := range read.ids {
		if _, seen := a.rows[id]; !seen {
			a.rows[id] = row
		}
	}
	a.total, a.unnamed = read.total, read.unnamed
	return len(a.rows) - before
}

// readIDs reads all ids until they are as many as the server counts. If ties hide some, it joins several
// readings, as long as the count stays the same. If they never add up, it gives the ids so far.
func (r *reconciler) readIDs(ctx context.Context, expected int) (*idReadings, error) {
	var all *idReadings
	for try, changes, bare := 0, 0, 0; try < maxReadings && changes < maxChanged && bare < maxBare; try++ {
		read, err := r.readIDsOnce(ctx, expected)
		if err != nil && !errors.Is(err, extract.ErrChanged) {
			return nil, err
		}
		if read != nil {
			expected = read.total
		}
		if err != nil || read.excess() || all != nil && read.total != all.total {
			all, bare = nil, 0
			changes++
			continue
		}
		if all == nil {
			all = &idReadings{rows: map[int64]int{}}
		}
		bare++
		if all.add(read) > 0 {
			bare = 0
		}
		if all.complete() {
			return all, nil
		}
		if len(all.rows)+all.unnamed > all.total {
			all = nil
			changes++
		}
	}
	if all == nil {
		return nil, extract.ErrChanged
	}
	return all, nil
}

// readIDsOnce reads the ids of all pages, many pages in one request or, if that fails, page by page.
func (r *reconciler) readIDsOnce(ctx context.Context, expected int) (*idReading, error) {
	if r.query.Follow {
		return r.walkIDs(ctx)
	}
	most := max(r.query.Connection.MaxPage, 1)
	read, got, err := r.readIDPages(ctx, expected, most)
	if err == nil && got > 0 && got < min(most, read.total) { // the server's pages are smaller
		read, _, err = r.readIDPages(ctx, read.total, got)
	}
	if extract.IsRecordFault(err) {
		return r.walkIDs(ctx)
	}
	return read, err
}

// readIDPages reads the ids in pages of one size. It also gives the size of the first page. It asks for the pages in
// rounds, and stops after a round without a record: a wrong count must not lead to millions of requests.
func (r *reconciler) readIDPages(ctx context.Context, expected, size int) (read *idReading, got int, err error) {
	for row := 0; row <= expected; {
		var queries []extract.CountQuery
		for ; row <= expected && len(queries) < maxRound; row += size {
			queries = append(queries, extract.CountQuery{After: row, Nodes: size})
		}
		results, err := r.source.Count(ctx, queries, r.workers)
		if err != nil {
			return nil, 0, err
		}
		if read == nil {
			read, got = &idReading{total: results[0].Total}, len(results[0].IDs)
		}
		before := len(read.ids)
		read.more = results[len(results)-1].More
		for _, result := range results {
			if result.Total != read.total {
				return read, 0, extract.ErrChanged
			}
			read.ids = append(read.ids, result.IDs...)
		}
		if row > expected && read.total >= row {
			return read, 0, extract.ErrChanged // there are more than expected
		}
		if len(read.ids) == before {
			break
		}
	}
	return read, got, nil
}

// walkIDs reads the ids page by page, and counts the records that the server fails to return.
func (r *reconciler) walkIDs(ctx context.Context) (*idReading, error) {
	source := r.source.OpenIDs()
	walk := source.Query().Walk()
	read := &idReading{total: -1}
	for round := walk.Next(); len(round) > 0; round = walk.Next() {
		pages := make([]*extract.Page, len(round))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(max(r.workers, 1))
		for i, w := range round {
			g.Go(func() (err error) {
				if pages[i], err = source.Fetch(ctx, w); err == nil {
					pages[i].Body = nil // only the ids are needed
				}
				return err
			})
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
