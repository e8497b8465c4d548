package pipelines

import "slices"

// trunk gathers all lines that lead to one table: from other pipelines, or from
// the tables of its own.
type trunk struct {
	to       *box
	from     []joint
	lane     int         // above the columns, from 1; 0: it stays in one channel
	slots    map[int]int // by channel: its place among the trunks there
	segments []segment
	dots     []point // where its own lines meet
	tip      point   // where it enters the table
}

// joint is where a line leaves a row.
type joint struct {
	box *box
	row int
	nth int // of the row's links
}

// channel is the room between two columns.
type channel struct {
	x      int
	trunks []*trunk
}

type point struct{ x, y int }

type segment struct{ a, b point }

func (c channel) width() int {
	if len(c.trunks) == 0 {
		return rim
	}
	return 2*rim + len(c.trunks)*lineGap
}

// trunk finds the trunks, in the order of what they lead to.
func (p *picture) trunk() {
	for _, to := range p.boxes {
		inner, outer := &trunk{to: to}, &trunk{to: to}
		for _, b := range p.boxes {
			for row := range b.rows {
				for nth, table := range b.rows[row].links {
					w := outer
					if b.frame == to.frame {
						w = inner
					}
					if table == to.table {
						w.from = append(w.from, joint{b, row, nth})
					}
				}
			}
		}
		if len(inner.from) > 0 {
			to.frame.inner = append(to.frame.inner, inner)
		}
		if len(outer.from) > 0 {
			p.trunks = append(p.trunks, outer)
		}
	}
}

// layChannels gives every trunk its place in the channels it goes through, and a lane where
// these are several.
func (p *picture) layChannels() {
	p.channels = make([]channel, p.columns+1)
	for _, w := range p.trunks {
		w.slots = map[int]int{}
		through := []int{w.to.frame.column}
		for _, j := range w.from {
			through = append(through, j.box.frame.column+1)
		}
		slices.Sort(through)
		through = slices.Compact(through)
		for _, c := range through {
			p.channels[c].trunks = append(p.channels[c].trunks, w)
			w.slots[c] = len(p.channels[c].trunks)
		}
		if len(through) > 1 {
			p.lanes++
			w.lane = p.lanes
		}
	}
}

// route lays the trunks.
func (p *picture) route() {
	for _, w := range p.trunks {
		p.routeOuter(w)
	}
	for _, f := range p.frames {
		for i, w := range f.inner {
			w.routeInner(f.x + rim + i*lineGap)
		}
	}
}

// routeInner lays a trunk at the left edge of its frame.
func (w *trunk) routeInner(x int) {
	w.tip = point{w.to.x, w.to.y + headerHeight - 6}
	ends := []int{w.tip.y}
	w.line(point{x, w.tip.y}, w.tip)
	for _, j := range w.from {
		y := j.y()
		w.line(point{x, y}, point{j.box.x, y})
		ends = append(ends, y)
	}
	w.upright(x, ends)
}

// routeOuter lays a trunk through its channels and its lane.
func (p *picture) routeOuter(w *trunk) {
	w.tip = point{w.to.x, w.to.y + 7}
	ends := map[int][]int{}
	into := w.to.frame.column
	ends[into] = append(ends[into], w.tip.y)
	w.line(point{p.slot(w, into), w.tip.y}, w.tip)
	for _, j := range w.from {
		c := j.box.frame.column + 1
		y := j.y()
		ends[c] = append(ends[c], y)
		w.line(point{j.box.x + j.box.w, y}, point{p.slot(w, c), y})
	}
	lane := rim + rowHeight + w.lane*lineGap
	var across []int
	for c := range p.channels {
		if len(ends[c]) == 0 {
			continue
		}
		if w.lane > 0 {
			ends[c] = append(ends[c], lane)
			across = append(across, p.slot(w, c))
		}
		w.upright(p.slot(w, c), ends[c])
	}
	if w.lane > 0 {
		first, last := across[0], across[len(across)-1]
		w.line(point{first, lane}, point{last, lane})
		for _, x := range across[1 : len(across)-1] {
			w.dots = append(w.dots, point{x, lane})
		}
	}
}

// slot is where the trunk stands in a channel.
func (p *picture) slot(w *trunk, c int) int { return p.channels[c].x + rim + (w.slots[c]-1)*lineGap }

// y is the height at which the line leaves its row; a row's further links leave it close
// by, at no height at which a line enters a header.
func (j joint) y() int { return j.box.middle(j.row) + besides[j.nth%len(besides)] }

var besides = [...]int{0, 3, -3, 5, -5}

// upright lays the part of a trunk that joins what comes in at some heights.
func (w *trunk) upright(x int, heights []int) {
	low, high := slices.Min(heights), slices.Max(heights)
	w.line(point{x, low}, point{x, high})
	for _, y := range heights {
		if y > low && y < high {
			w.dots = append(w.dots, point{x, y})
		}
	}
}

func (w *trunk) line(a, b point) { w.segments = append(w.segments, segment{a, b}) }
