package demoapi

import (
	"fmt"
	"slices"
)

// trouble is what goes wrong with the data of one request.
type trouble struct {
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

// wrongIDs is what goes wrong with the argument ids.
type wrongIDs struct {
	ignored bool
	shift   int // of the ids, to those of other records
	hole    int // ids that it divides are not found
}

func (t *trouble) add(f Fault, nth int) {
	switch f.Kind {
	case "poison":
		t.poison = append(t.poison, f.Value)
	case "inner":
		t.inner = append(t.inner, f.Value)
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
	case "total":
		t.lie = f.Value
	case "samecursor", "nocursor":
		t.cursor = f.Kind
	case "noids":
		t.ignored = true
	case "otherids":
		t.wrongIDs.shift = f.Value
	case "someids":
		t.hole = f.Value
	default:
		t.edits.add(f, nth)
	}
}

func (x *exec) shuffled() bool { return x.server.options.Shuffle || x.shuffle }

// asked says how a request's ids find a record's id.
func (w wrongIDs) asked(id int) int {
	if w.hole > 0 && id%w.hole == 0 {
		return -1
	}
	return id + w.shift
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
	p.total, p.end = max(p.total+x.lie, 0), x.cursor
	return p
}

// spoilInner is the error of a nested page, if it has one.
func (x *exec) spoilInner(p *page, a *asked) any {
	for _, r := range p.nodes {
		if id := number(r.get(x.d, "id")); slices.Contains(x.inner, id) {
			return x.unresolved(a, id)
		}
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
