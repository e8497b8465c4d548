package extract

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// ErrUnproven says that nested lists cannot be proven complete.
var ErrUnproven = errors.New("nested lists do not add up to the server's own counts")

// Bounds of reading one nested list.
const (
	maxNestedReadings = 24 // in all
	maxNestedChanges  = 5  // of them, those that contradict earlier ones
	maxNestedBare     = 3  // in a row without a new node
)

// States of a nested list.
const (
	collecting = iota // readings bring nodes, until they are as many as the server counts
	proving           // readings bring ids, until all collected ones were seen again
	proven
	gaveUp
)

// nestedList is a nested connection while its nodes are read.
//
// The nodes of several readings are joined by id until they are as many as the server counts. Then all ids are read
// again. If they are the same, and as many as the server counted when that began, they were all nodes at that
// moment: each of them existed before and after.
type nestedList struct {
	*partial
	state    int
	size     int               // nodes of a page
	expected int               // totalCount of the newest reading
	total    int               // of all readings of the state; -1 before the first
	nodes    map[string][]byte // collected, by id
	seen     map[string]bool   // ids, while proving
	order    []string          // of the ids in the server; nil if it is not known, or not always the same
	bytes    int64             // of the nodes
	reading  nestedReading     // the current one

	readings, changes, bare int
}

// nestedReading is one reading of a list from its first page to its last.
type nestedReading struct {
	nodes   [][]byte
	bytes   int64
	total   int  // -1 before the first page
	changed bool // between two pages
}

// newNestedList gives a list whose first reading begins with the nodes in the page.
func newNestedList(p *partial, body []byte) *nestedList {
	nodes := jsonscan.Elements(body[p.nodes.from-1 : p.nodes.to+1])
	l := &nestedList{partial: p, size: min(max(len(nodes), 1), nestedPage), expected: p.connection.total, total: -1,
		nodes: map[string][]byte{}, reading: nestedReading{nodes: nodes, total: p.connection.total}}
	if len(nodes) >= l.expected && !p.hasNext {
		l.digest()
	}
	return l
}

func (l *nestedList) fail(err error) error {
	return &nestedError{l.trail[0].index, fmt.Errorf("%s: %w", l.partial, err)}
}

// pageBytes estimates the bytes of a page.
func (l *nestedList) pageBytes() int64 {
	const idBytes = 24
	if l.state == proving {
		return int64(l.size) * idBytes
	}
	first := l.partial.nodes
	return int64(first.to-first.from) / int64(max(l.partial.count, 1)) * int64(l.size)
}

// jobs are the pages to request after some nodes: those that the total needs, and at least one. A wrong total must not
// lead to millions of them.
func (l *nestedList) jobs(from int) (jobs []*nestedJob) {
	for ; (from < l.expected || len(jobs) == 0) && len(jobs) < maxTogether; from += l.size {
		jobs = append(jobs, &nestedJob{list: l, from: from})
	}
	jobs[len(jobs)-1].last = true
	return jobs
}

// take adds a page to the reading, and gives the next ones: until the total is reached, and the server says that no
// more follow.
func (l *nestedList) take(j *nestedJob) []*nestedJob {
	r, p := &l.reading, &j.page
	if r.total < 0 {
		r.total = p.total
	}
	r.nodes = append(r.nodes, p.nodes...)
	r.changed = r.changed || p.total != r.total
	for _, node := range p.nodes {
		r.bytes += int64(len(node))
	}
	end := j.from + len(p.nodes)
	more := j.last && len(p.nodes) > 0 && (p.hasNext || end < l.expected) && len(r.nodes) <= r.total+l.size
	if len(p.nodes) > 0 && p.hasNext && len(p.nodes) < l.size {
		l.size = len(p.nodes) // for the next pages: the server's are smaller now
	}
	if !more {
		return nil
	}
	return l.jobs(end)
}

// digest ends a reading. If it contradicts the earlier ones, the data changed, and collecting starts over with it.
func (l *nestedList) digest() {
	r := l.reading
	l.reading = nestedReading{total: -1}
	l.readings++
	l.expected = r.total
	if before := l.state; !l.join(&r) {
		l.state, l.total, l.bare, l.bytes = collecting, -1, 0, 0
		l.nodes, l.seen, l.order = map[string][]byte{}, nil, nil
		l.changes++
		if before == collecting {
			l.join(&r)
		}
	}
	enough := l.readings >= maxNestedReadings || l.changes >= maxNestedChanges || l.bare >= maxNestedBare
	if l.state != proven && enough {
		l.state = gaveUp
	}
}

// join adds a reading to the earlier ones of the state, and enters the next state if they are complete. It reports
// whether they fit together.
func (l *nestedList) join(r *nestedReading) bool {
	if r.changed || len(r.nodes) > r.total || l.total >= 0 && l.total != r.total {
		return false
	}
	l.total = r.total
	l.bare++
	ids, different := make([]string, len(r.nodes)), map[string]bool{}
	for i, node := range r.nodes {
		id := string(jsonscan.Member(node, "id"))
		ids[i], different[id] = id, true
		if id == "" || !l.add(id, node) {
			return false
		}
	}
	whole := len(different) == r.total
	switch {
	case l.state == collecting && len(l.nodes) == r.total:
		l.state, l.seen, l.bare = proving, map[string]bool{}, 0
		if whole {
			l.order = ids
		}
	case l.state == proving && len(l.seen) == r.total:
		l.state = proven
		if !slices.Equal(ids, l.order) {
			l.order = nil
		}
	}
	return len(l.nodes) <= r.total
}

// add adds a node, or sees a collected one again. It reports whether a list that is being proven has it.
func (l *nestedList) add(id string, node []byte) bool {
	_, known := l.nodes[id]
	switch {
	case l.state == proving && known && !l.seen[id]:
		l.seen[id], l.bare = true, 0
	case l.state == proving:
		return known
	case !known:
		l.nodes[id], l.bare = node, 0
		l.bytes += int64(len(node))
	}
	return true
}

// ids gives the ids of the nodes in the server's order or, if that is not always the same, in ascending order.
func (l *nestedList) ids() []string {
	if l.order != nil {
		return l.order
	}
	return slices.SortedFunc(maps.Keys(l.nodes), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// edits put the nodes into the page. A list that was given up stays unfinished.
func (l *nestedList) edits() []edit {
	var texts [][]byte
	for _, id := range l.ids() {
		texts = append(texts, l.nodes[id])
	}
	c := l.connection
	list := []edit{{c.nodes, bytes.Join(texts, []byte{','})}, {c.all, strconv.AppendInt(nil, int64(l.expected), 10)}}
	switch {
	case l.state == proven:
		list = append(list, edit{c.next, []byte("false")})
	case len(texts) == 0:
		return nil
	default:
		list = append(list, edit{c.next, []byte("true")})
		if c.end.set() {
			list = append(list, edit{c.end, strconv.AppendQuote(nil, cursor(len(texts)))})
		}
	}
	return list
}

// nestedNodes is one page of a nested connection.
type nestedNodes struct {
	found   bool // the record still has the connection
	nodes   [][]byte
	total   int
	hasNext bool
}

// read finds the page of the nodes after an offset in an answer. It is not found if the data changed: a retry would
// not help.
func (p *nestedNodes) read(answer []byte, way []hop, offset int) error {
	*p = nestedNodes{}
	value := jsonscan.Seek(answer, way)
	if value == nil {
		return nil
	}
	r := &connectionReader{Scanner: &jsonscan.Scanner{Data: value}}
	c, _ := r.connection(way[len(way)-1].Key, 0, 0, func(_, i int) int {
		text, end := r.raw(i, 1)
		p.nodes = append(p.nodes, bytes.Clone(text)) // the answer around it may be large
		return end
	})
	p.found, p.total, p.hasNext = true, c.total, c.hasNext
	switch {
	case r.err != nil:
		return r.err
	case c.total < 0:
		return errors.New("a page of a nested connection without totalCount")
	case c.hasNext && c.count == 0:
		return errors.New("a page of a nested connection with no new node and hasNextPage true")
	}
	return c.canContinue(offset)
}
