package execute

import (
	"cmp"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// inserts is the number of records that the faults insert and prepend add one by one.
const inserts = 12

// edits are the changes of the data before a request.
type edits struct {
	removed, pending int // records gone by now, and still to appear: any
	beheaded, behind int // the same, of those with the lowest ids
	moved            int // records that stand first by now
	any, low         int // how many are set aside to appear: any, with the lowest ids
}

// innerEditsOf gives the edits of nested connections.
func innerEditsOf(f Faults) edits {
	return edits{removed: f.Last("innerremove"), moved: f.Last("innermove")}
}

func editsOf(f Faults) edits {
	e := edits{removed: f.Last("remove"), beheaded: f.Last("behead"), moved: f.Last("move")}
	if f.On("insert") {
		e.pending, e.any = max(inserts-f.Last("insert"), 0), inserts
	}
	if f.On("prepend") {
		e.behind, e.low = max(inserts-f.Last("prepend"), 0), inserts
	}
	return e
}

func (e edits) made() bool { return e != edits{} }

// edited applies edits to the records of a connection: it removes, holds back and moves some. The choice depends only
// on ids, so that all pages see the same edits.
func (x *execution) edited(list listing.Ordered, a *asked, e edits) listing.Ordered {
	if !e.made() {
		return list
	}
	last := len(list.Of)
	lot := x.places(list.Of, func(id int) uint64 { return x.dice(id, 19).Next() })
	low := x.places(list.Of, func(id int) uint64 { return uint64(id) })
	var front, rest listing.Ordered
	for i, r := range list.Of {
		switch {
		case lot[i] < e.pending || lot[i] >= last-e.removed:
		case low[i] < e.behind || low[i] >= e.low && low[i] < e.low+e.beheaded:
		case lot[i] < e.any+e.moved && lot[i] >= e.any && a.args["sortBy"] == nil:
			front.Of, front.Group = append(front.Of, r), append(front.Group, -1-int32(i))
		default:
			rest.Of, rest.Group = append(rest.Of, r), append(rest.Group, list.Group[i])
		}
	}
	slices.Reverse(front.Of)
	return listing.Ordered{Of: append(front.Of, rest.Of...), Group: append(front.Group, rest.Group...)}
}

// places returns the place of each record in the order of a key of its id.
func (x *execution) places(list []record.Record, key func(id int) uint64) []int {
	type keyed struct {
		key uint64
		at  int
	}
	keys := make([]keyed, len(list))
	for i, r := range list {
		keys[i] = keyed{key(listing.ID(r)), i}
	}
	slices.SortFunc(keys, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	out := make([]int, len(list))
	for place, k := range keys {
		out[k.at] = place
	}
	return out
}
