package extract

import "fmt"

// Window is a page to ask for: the rows Offset+1 to Offset+Size in the server's
// order or, if IDs is set, the records with an id of Offset+1 to Offset+Size.
type Window struct {
	Index        int // place in the order of the pages, from 0
	Offset, Size int
	IDs          bool
	After        string // the server's cursor to go on after; "" the one of the offset
}

// String names the window in an error.
func (w Window) String() string {
	if w.IDs {
		return fmt.Sprintf("ids %d to %d", w.Offset+1, w.Offset+w.Size)
	}
	return fmt.Sprintf("rows %d to %d", w.Offset+1, w.Offset+w.Size)
}

// Bounds of a walk.
const (
	roundMost = 1024   // windows in a round, whatever totalCount says
	aheadMost = 64     // windows in a round of ids, which may be empty
	widest    = 5000   // ids in a window
	emptyMost = 20_000 // ids without a record in a row before the rest is left to the census
	fill      = 0.75   // of a page, aimed at by the width of windows of ids
)

// Walk says which windows a query needs, in rounds: the windows of one round may
// be fetched concurrently, and their pages are given to Got in order before the
// next round is asked for.
//
//	for round := walk.Next(); len(round) > 0; round = walk.Next() {
//		// fetch the windows, and for each page in order: walk.Got(page)
//	}
//
// The first round is one window: its page says how many there are. One goroutine
// at a time may use a walk.
type Walk struct {
	ids, follow bool
	size, limit int

	next    Window
	started bool
	more    bool // by offset: the last page said there is a next one
	total   int
	nodes   int
	spanned int // ids of the windows so far
	empty   int // of them, those since the last record
}

// Walk plans the windows of a query, from the first.
func (q *Query) Walk() *Walk {
	w := &Walk{ids: q.Resolved() == IDs, follow: q.Follow, size: q.size(), limit: q.Limit}
	w.next = Window{Size: w.size, IDs: w.ids}
	return w
}

// Next gives the windows of the next round, none once all has been asked for.
func (w *Walk) Next() []Window {
	switch {
	case !w.started:
		w.started = true
		return w.take(1)
	case w.ids:
		return w.take(w.idWindows())
	case w.more && w.follow:
		return w.take(1)
	case w.more:
		// A server that grew meanwhile has a next page beyond its first total.
		return w.take(max(windows(w.total-w.next.Offset, w.size), 1))
	}
	return nil
}

// idWindows is how many windows should hold the records that are left, as dense
// as those that came. Windows are as wide as fills a page.
func (w *Walk) idWindows() int {
	left := w.total - w.nodes
	if w.limit > 0 {
		left = min(left, w.limit-w.nodes)
	}
	if left <= 0 || w.empty >= emptyMost {
		return 0
	}
	if w.empty > 0 { // a gap: look further ahead each time
		w.next.Size = min(max(2*w.empty, w.size), widest)
		return 1 + w.empty/(2*widest)
	}
	density := float64(w.nodes) / float64(w.spanned)
	w.next.Size = min(max(int(fill*float64(w.size)/density), w.size), widest)
	return min(max(int(float64(left)/density)/w.next.Size, 1), aheadMost)
}

func windows(rows, size int) int { return (rows + size - 1) / size }

func (w *Walk) take(n int) []Window {
	var round []Window
	for range min(n, roundMost) {
		window := w.next
		if w.limit > 0 && !w.ids {
			window.Size = min(window.Size, w.limit-window.Offset)
		}
		if window.Size <= 0 {
			break
		}
		round = append(round, window)
		w.next.Index++
		w.next.Offset += w.next.Size
	}
	return round
}

// Got takes the next page in order. With a limit it cuts off the page's records
// beyond it.
func (w *Walk) Got(p *Page) error {
	if w.limit > 0 && w.nodes+p.Nodes > w.limit {
		if err := p.Cut(w.limit - w.nodes); err != nil {
			return fmt.Errorf("%s: %w", p.Window, err)
		}
	}
	w.started = true
	w.total, w.more = p.TotalCount, p.HasNext
	w.nodes += p.Nodes + len(p.Rejects)
	w.spanned += p.Window.Size
	w.empty += p.Window.Size
	if p.Nodes > 0 {
		w.empty = 0
	}
	if p.Window.Index >= w.next.Index {
		w.next.Index, w.next.Offset = p.Window.Index+1, p.Window.Offset+p.Window.Size
	}
	if w.follow {
		w.next.Offset, w.next.After = p.Window.Offset+p.Nodes, p.EndCursor
		w.more = w.more && w.next.Offset <= 2*w.total+w.size // else the cursors lead round in a circle
	}
	return nil
}
