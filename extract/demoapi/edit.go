package demoapi

import (
	"cmp"
	"slices"
)

// inserts is how many records appear, one by one, under the faults "insert" and
// "prepend".
const inserts = 12

// edits are what was done to the data until a request.
type edits struct {
	removed, pending int // records gone by now, and still to appear: any
	beheaded, behind int // the same, of those with the lowest ids
	moved            int // records that stand first by now
	any, low         int // how many are set aside to appear: any, with the lowest ids
}

func (e *edits) add(f Fault, nth int) {
	n := max(nth-max(f.Request, 1), 0) / max(f.Value, 1)
	switch f.Kind {
	case "remove":
		e.removed = n
	case "insert":
		e.pending, e.any = max(inserts-n, 0), inserts
	case "behead":
		e.beheaded = n
	case "prepend":
		e.behind, e.low = max(inserts-n, 0), inserts
	case "move":
		e.moved = n
	}
}

func (e edits) made() bool { return e != edits{} }

// edited applies the edits made so far to a root connection's records: some
// are gone, some not there yet, some stand elsewhere. Which ones depends on
// their ids only, so that every page sees the same edits.
func (x *exec) edited(list ordered, a *asked) ordered {
	if !x.edits.made() {
		return list
	}
	last := len(list.of)
	lot := x.places(list.of, func(id int) uint64 { d := x.d.throw(noKind, id, 19); return d.next() })
	low := x.places(list.of, func(id int) uint64 { return uint64(id) })
	var front, rest ordered
	for i, r := range list.of {
		switch {
		case lot[i] < x.pending || lot[i] >= last-x.removed:
		case low[i] < x.behind || low[i] >= x.low && low[i] < x.low+x.beheaded:
		case lot[i] < x.any+x.moved && lot[i] >= x.any && a.args["sortBy"] == nil:
			front.of, front.group = append(front.of, r), append(front.group, -1-int32(i))
		default:
			rest.of, rest.group = append(rest.of, r), append(rest.group, list.group[i])
		}
	}
	slices.Reverse(front.of)
	return ordered{append(front.of, rest.of...), append(front.group, rest.group...)}
}

// places gives each record's place among all in the order of a key of its id.
func (x *exec) places(list []record, key func(id int) uint64) []int {
	type keyed struct {
		key uint64
		at  int
	}
	keys := make([]keyed, len(list))
	for i, r := range list {
		keys[i] = keyed{key(number(r.get(x.d, "id"))), i}
	}
	slices.SortFunc(keys, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	out := make([]int, len(list))
	for place, k := range keys {
		out[k.at] = place
	}
	return out
}
