package execute

import (
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Faults are the faults of the data of one request.
type Faults struct {
	poison    []int
	inner     []int
	enum      []int
	clamp     int
	drop      bool
	duplicate bool
	more      bool
	shuffle   bool
	lie       int // added to totalCount
	cursor    string
	edits
	wrongIDs
}

// wrongIDs are the faults of the argument ids.
type wrongIDs struct {
	ignored bool
	shift   int // of the ids, to those of other records
	hole    int // ids that it divides are not found
}

// Add adds the nth occurrence of a fault that applies from the request first on. Unknown kinds are ignored.
func (t *Faults) Add(kind string, value, first, nth int) {
	switch kind {
	case "poison":
		t.poison = append(t.poison, value)
	case "inner":
		t.inner = append(t.inner, value)
	case "enum":
		t.enum = append(t.enum, value)
	case "clamp":
		t.clamp = value
	case "drop":
		t.drop = true
	case "duplicate":
		t.duplicate = true
	case "more":
		t.more = true
	case "shuffle":
		t.shuffle = true
	case "total":
		t.lie = value
	case "samecursor", "nocursor":
		t.cursor = kind
	case "noids":
		t.ignored = true
	case "otherids":
		t.wrongIDs.shift = value
	case "someids":
		t.hole = value
	default:
		t.edits.add(kind, value, first, nth)
	}
}

func (x *execution) shuffled() bool { return x.engine.shuffle || x.shuffle }

// asked returns the id that an id of a request selects; -1: none.
func (w wrongIDs) asked(id int) int {
	if w.hole > 0 && id%w.hole == 0 {
		return -1
	}
	return id + w.shift
}

// applyFaults applies faults to a page of a root connection.
func (x *execution) applyFaults(p *page, a *asked) any {
	for i, r := range p.nodes {
		if id := listing.ID(r); slices.Contains(x.poison, id) {
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
	p.total, p.end = max(p.total+x.lie, 0), x.cursor
	return p
}

// applyNestedFaults returns a nested page, or its error.
func (x *execution) applyNestedFaults(p *page, a *asked) any {
	for _, r := range p.nodes {
		if id := listing.ID(r); slices.Contains(x.inner, id) {
			return x.unresolved(a, id)
		}
	}
	return p
}

// unresolved is the error of a record with an enum value that has no name in the schema.
func (x *execution) unresolved(a *asked, id int) error {
	return wording(fmt.Sprintf("`%s.significance` returned \"Oncogenic\" for the record %d, "+
		"but this isn't a valid value for its type", a.name, id))
}

// recoded returns a record, with an unknown significance under the fault enum.
func (x *execution) recoded(r record.Record) record.Record {
	if !slices.Contains(x.enum, listing.ID(r)) {
		return r
	}
	return altered{r, "significance", newCode("SYN_NEW_CODE")}
}
