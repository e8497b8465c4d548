package demoapi

import (
	"cmp"
	"fmt"
	"slices"
)

// trouble is what goes wrong with the data of one request.
type trouble struct {
	poison    []int
	enum      []int
	clamp     int
	drop      bool
	duplicate bool
	more      bool
	shuffle   bool
	removed   int // records gone by now
	pending   int // records still to appear
	moved     int // records that stand first by now
}

// inserts is how many records appear, one by one, under the fault "insert".
const inserts = 12

func (t *trouble) add(f Fault, nth int) {
	edits := (nth - max(f.Request, 1)) / max(f.Value, 1)
	switch f.Kind {
	case "poison":
		t.poison = append(t.poison, f.Value)
	case "enum":
		t.enum = append(t.enum, f.Value)
	case "clamp":
		t.clamp = f.Value
	case "drop":
		t.drop = true
	case "duplicate":
		t.duplicate = true
	case "more":
		t.more = true
	case "shuffle":
		t.shuffle = true
	case "remove":
		t.removed = edits
	case "insert":
		t.pending = max(inserts-edits, 0)
	case "move":
		t.moved = edits
	}
}

func (x *exec) shuffled() bool { return x.server.options.Shuffle || x.shuffle }

func (x *exec) editing() bool { return x.removed > 0 || x.pending > 0 || x.moved > 0 }

// edited applies the edits made so far to a root connection's records: some
// are gone, some not there yet, some stand elsewhere. Which ones depends on
// their ids only, so that every page sees the same edits.
func (x *exec) edited(list ordered, a *asked) ordered {
	if !x.editing() {
		return list
	}
	rank := x.lots(list.of)
	hidden := x.removed + x.pending
	var front, rest ordered
	for i, r := range list.of {
		switch {
		case rank[i] < hidden:
		case rank[i] < hidden+x.moved && a.args["sortBy"] == nil:
			front.of, front.group = append(front.of, r), append(front.group, -1-int32(i))
		default:
			rest.of, rest.group = append(rest.of, r), append(rest.group, list.group[i])
		}
	}
	slices.Reverse(front.of)
	return ordered{append(front.of, rest.of...), append(front.group, rest.group...)}
}

// lots gives each record's place in the draw of those to be edited.
func (x *exec) lots(list []record) []int {
	type lot struct {
		draw uint64
		at   int
	}
	draws := make([]lot, len(list))
	for i, r := range list {
		d := x.d.throw(noKind, number(r.get(x.d, "id")), 19)
		draws[i] = lot{d.next(), i}
	}
	slices.SortFunc(draws, func(a, b lot) int { return cmp.Compare(a.draw, b.draw) })
	out := make([]int, len(list))
	for place, l := range draws {
		out[l.at] = place
	}
	return out
}

// spoil applies to a root connection's page what goes wrong with pages.
func (x *exec) spoil(p *page, a *asked) any {
	for i, r := range p.nodes {
		if id := number(r.get(x.d, "id")); slices.Contains(x.poison, id) {
			return x.unresolved(a, id)
		}
		if len(x.enum) > 0 {
			p.nodes = slices.Clone(p.nodes)
			p.nodes[i] = x.recoded(r)
		}
	}
	if n := len(p.nodes); n > 1 && (x.drop || x.duplicate) {
		p.nodes = slices.Clone(p.nodes)
		if x.duplicate {
			p.nodes[n/2] = p.nodes[n/2-1]
		} else {
			p.nodes = slices.Delete(p.nodes, n/2, n/2+1)
		}
	}
	if x.more {
		p.nodes, p.hasNext = nil, true
	}
	return p
}

// unresolved is the error of a record with an enum value that has no name.
func (x *exec) unresolved(a *asked, id int) error {
	return wording(fmt.Sprintf("`%s.significance` returned \"Oncogenic\" for the record %d, but this isn't a valid value for its type", a.name, id))
}

// recoded is a record, with a significance nobody knows yet if that fault is on.
func (x *exec) recoded(r record) record {
	if !slices.Contains(x.enum, number(r.get(x.d, "id"))) {
		return r
	}
	return altered{r, "significance", newCode("SYN_NEW_CODE")}
}
