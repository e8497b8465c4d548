package extract

import "fmt"

// MaxWidth is the most ids in a window.
const MaxWidth = 5000

// Bounds of a walk.
const (
	maxRound = 1024   // windows in a round, whatever totalCount says
	maxAhead = 64     // windows in a round of ids, which may be empty
	maxEmpty = 20_000 // ids in a row without a record, before the rest is left to reconciliation
	fill     = 0.75   // of a page, the target for the width of windows of ids
)

// Walk plans the windows of a query, in rounds: the windows of one round may be fetched
// concurrently, and their pages are given to Got in order before the next round.
//
//	for round := walk.Next(); len(round) > 0; round = walk.Next() {
//		// fetch the windows, and for each page in order: walk.Got(page)
//	}
//
// The first round is one window: its page tells how many records there are. One
// goroutine at a time may use a walk.
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
	w := &Walk{ids: q.Resolved() == IDs, follow: q.Follow, size: q.Rows(), limit: q.Limit}
	w.next = Window{Size: w.size, IDs: w.ids}
	return w
}

// Next gives the windows of the next round, none after the last.
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
		// A server whose data grew has a next page beyond its first total.
		return w.take(max(windows(w.total-w.next.Offset, w.size), 1))
	}
	return nil
}

// idWindows estimates how many windows hold the remaining records, if these are as dense
// as the received ones. It sets the width of the windows so that they fill a page.
func (w *Walk) idWindows() int {
	left := w.total - w.nodes
	if w.limit > 0 {
		left = min(left, w.limit-w.nodes)
	}
	if left <= 0 || w.empty >= maxEmpty {
		return 0
	}
	if w.empty > 0 { // a gap: look further ahead each time
		w.next.Size = min(max(2*w.empty, w.size), MaxWidth)
		return 1 + w.empty/(2*MaxWidth)
	}
	density := float64(w.nodes) / float64(w.spanned)
	w.next.Size = min(max(int(fill*float64(w.size)/density), w.size), MaxWidth)
	return min(max(int(float64(left)/density)/w.next.Size, 1), maxAhead)
}

func windows(rows, size int) int { return (rows + size - 1) / size }

func (w *Walk) take(n int) []Window {
	var round []Window
	for range min(n, maxRound) {
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
		w.more = w.more && w.next.Offset <= 2*w.total+w.size // else the cursors form a circle
	}
	return nil
}
