package execute

import (
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Faults are the faults of one request: their values by kind. The value of an edit is how often it was made by now.
type Faults map[string][]int

// On reports whether the request has a fault of the kind.
func (f Faults) On(kind string) bool { return len(f[kind]) > 0 }

// Last returns the value of the last fault of the kind, or 0.
func (f Faults) Last(kind string) int {
	if list := f[kind]; len(list) > 0 {
		return list[len(list)-1]
	}
	return 0
}

func (x *execution) shuffled() bool { return x.engine.shuffle || x.faults.On("shuffle") }

// selectedID returns the id that an id of a request selects; -1: none.
func (f Faults) selectedID(id int) int {
	if hole := f.Last("someids"); hole > 0 && id%hole == 0 {
		return -1
	}
	return id + f.Last("otherids")
}

// applyFaults applies faults to a page of a root connection.
func (x *execution) applyFaults(p *page, a *asked) any {
	for i, r := range p.nodes {
		if id := listing.ID(r); slices.Contains(x.faults["poison"], id) {
			return x.unresolved(a, id)
		}
		if x.faults.On("enum") {
			p.nodes = slices.Clone(p.nodes)
			p.nodes[i] = x.recoded(r)
		}
	}
	p.lose(x.faults.On("drop"), x.faults.On("duplicate"))
	if x.faults.On("more") {
		p.nodes, p.hasNext = nil, true
	}
	p.total = max(p.total+x.faults.Last("total"), 0)
	p.sameCursor, p.noCursor = x.faults.On("samecursor"), x.faults.On("nocursor")
	return p
}

// applyNestedFaults returns a nested page, or its error.
func (x *execution) applyNestedFaults(p *page, a *asked) any {
	for _, r := range p.nodes {
		if id := listing.ID(r); slices.Contains(x.faults["inner"], id) {
			return x.unresolved(a, id)
		}
	}
	p.lose(x.faults.On("innerdrop"), x.faults.On("innerduplicate"))
	p.total = max(p.total+x.faults.Last("innertotal"), 0)
	p.hasNext = p.hasNext && !x.faults.On("innerend")
	return p
}

// lose leaves out a row of the page, or repeats another in its place.
func (p *page) lose(drop, duplicate bool) {
	n := len(p.nodes)
	if n < 2 || !drop && !duplicate {
		return
	}
	p.nodes = slices.Clone(p.nodes)
	if duplicate {
		p.nodes[n/2] = p.nodes[n/2-1]
	} else {
		p.nodes = slices.Delete(p.nodes, n/2, n/2+1)
	}
}

// unresolved is the error of a record with an enum value that has no name in the schema.
func (x *execution) unresolved(a *asked, id int) error {
	return wording(fmt.Sprintf("`%s.significance` returned \"Oncogenic\" for the record %d, "+
		"but this isn't a valid value for its type", a.name, id))
}

// recoded returns a record, with an unknown significance under the fault enum.
func (x *execution) recoded(r record.Record) record.Record {
	if !slices.Contains(x.faults["enum"], listing.ID(r)) {
		return r
	}
	return altered{r, "significance", newCode("SYN_NEW_CODE")}
}
