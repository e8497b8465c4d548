package extract

import "fmt"

// MaxWidth bounds the number of ids in a window.
const MaxWidth = 5000

// Bounds of a walk.
const (
	maxRound = 1024   // windows in a round
	maxAhead = 64     // windows in a round of ids, which may be empty
	maxEmpty = 20_000 // ids in a row without a record; reconciliation finds the rest
	fill     = 0.75   // of a page, the target for the width of windows of ids
)

// Walk plans the windows of a query in rounds. The caller may fetch the windows of a round concurrently,
// and gives their pages to Got in order before the next round. The first round is one window: its page
// tells the number of records. One goroutine at a time may use a walk.
type Walk struct {
	query       *Query
	size, limit int

	next    Window
	started bool
	more    bool // by offset: hasNextPage of the last page
	total   int
	nodes   int
	spanned int // ids of the windows so far
	empty   int // of them, those since the last record
}

// Walk gives a walk over all windows of the query.
func (q *Query) Walk() *Walk {
	first := Window{Size: q.Rows(), IDs: q.Resolved() == IDs}
	return &Walk{query: q, size: q.Rows(), limit: q.Limit, next: first}
}

// Next gives the windows of the next round, none after the last one.
func (w *Walk) Next() []Window {
	switch {
	case !w.started:
		w.started = true
		return w.take(1)
	case w.next.IDs:
		return w.take(w.idWindows())
	case w.more && w.query.Follow:
		return w.take(1)
	case w.more:
		// If the data grew, a page follows the first total.
		return w.take(max((w.total-w.next.Offset+w.size-1)/w.size, 1))
	}
	return nil
}

// idWindows estimates how many windows hold the remaining records, from the density of the received
// ones. It sets the width of the windows so that they fill a page.
func (w *Walk) idWindows() int {
	left := w.total - w.nodes
	if w.limit > 0 {
		left = min(left, w.limit-w.nodes)
	}
	if left <= 0 || w.empty >= maxEmpty {
		return 0
	}
	if w.empty > 0 { // a gap: widen the window each time
		w.next.Size = min(max(2*w.empty, w.size), MaxWidth)
		return 1 + w.empty/(2*MaxWidth)
	}
	density := float64(w.nodes) / float64(w.spanned)
	w.next.Size = min(max(int(fill*float64(w.size)/density), w.size), MaxWidth)
	return min(max(int(float64(left)/density)/w.next.Size, 1), maxAhead)
}

func (w *Walk) take(n int) []Window {
	var round []Window
	for range min(n, maxRound) {
		window := w.next
		if w.limit > 0 && !w.next.IDs {
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

// Got takes the next page in order, and cuts off records beyond the limit.
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
	if p.rows() > 0 {
		w.empty = 0
	}
	if p.Window.Index >= w.next.Index {
		w.next.Index, w.next.Offset = p.Window.Index+1, p.Window.Offset+p.Window.Size
	}
	if w.query.Follow {
		w.next.Offset, w.next.After = p.Window.Offset+p.rows(), p.EndCursor
		w.more = w.more && w.next.Offset <= 2*w.total+w.size // else the cursors form a cycle
	}
	return nil
}

// Window is a page to request: the rows Offset+1 to Offset+Size in the server's order or, if IDs is set,
// the records with ids in that range.
type Window struct {
	Index        int // of the page, from 0
	Offset, Size int
	IDs          bool
	After        string // the server's cursor to continue after; "": that of the offset
}

// String names the window in an error.
func (w Window) String() string {
	if w.IDs {
		return fmt.Sprintf("ids %d to %d", w.Offset+1, w.Offset+w.Size)
	}
	return fmt.Sprintf("rows %d to %d", w.Offset+1, w.Offset+w.Size)
}

func (w Window) halves() (a, b Window) {
	a, b = w, w
	a.Size = w.Size / 2
	b.Offset, b.Size = w.Offset+a.Size, w.Size-a.Size
	return a, b
}

// IDList lists the ids of a window of ids.
func (w Window) IDList() []int64 {
	ids := make([]int64, w.Size)
	for i := range ids {
		ids[i] = int64(w.Offset + 1 + i)
	}
	return ids
}
