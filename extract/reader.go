package extract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// pageReader reads a page of a root connection: its counts and cursors, the places and ids of the
// records, and the connections nested in them that have further pages.
type pageReader struct {
	connectionReader
	page  *Page
	found bool
	trail []*place
	slab  []place // allocates the trail's
	ids   []int64 // of the nodes of connections that are being read

	inRecords int // damaged parts inside records
}

// recordDepth is the nesting depth of a record in an answer.
const recordDepth = graphql.DataDepth + 3

// data implements graphql.DataReader. Each call begins anew.
func (r *pageReader) data(s *jsonscan.Scanner, i int) int {
	r.connectionReader, r.found, r.trail, r.ids = connectionReader{Scanner: s}, false, nil, nil
	p := r.page
	p.records, p.IDs, p.unfinished, p.damaged, r.inRecords = p.records[:0], nil, nil, nil, 0
	return r.object("data", i, graphql.DataDepth, func(key []byte, i int) (end int) {
		if string(key) != p.name {
			return r.Skip(i, graphql.DataDepth+1)
		}
		r.found = true
		p.connection, end = r.connection(p.name, i, graphql.DataDepth+1, r.record)
		return end
	})
}

func (r *pageReader) accept(body []byte) error {
	p := r.page
	switch {
	case r.err != nil:
		return r.err
	case !r.found:
		return fmt.Errorf("the answer has no %s", p.name)
	}
	p.Body, p.Nodes, p.HasNext, p.EndCursor = body, p.connection.count, p.connection.hasNext, p.connection.cursor
	p.TotalCount = max(p.connection.total, 0)
	return nil
}

func (r *pageReader) record(n, i int) int {
	if !r.is(i, '{') {
		return r.refuse(i, recordDepth, "record %d of the page is %s, want an object", n+1, r.Describe(i))
	}
	p := r.page
	before, err := len(r.Damage), r.err
	var id int64
	var end int
	if !p.keyed && p.nested == nil {
		end = r.Skip(i, recordDepth)
	} else {
		here := r.newPlace(nil, n)
		if end = r.fields(p.nested, here, i, recordDepth); end > 0 && p.keyed {
			id = r.recordID(here.id)
		}
	}
	p.records = append(p.records, span{i, end})
	if len(r.Damage) > before {
		r.err = err // what else is wrong in a damaged record does not matter
		r.inRecords += len(r.Damage) - before
		p.damaged = append(p.damaged, damagedRecord{len(p.records) - 1, id, r.Damage[before]})
	} else if p.keyed && end > 0 {
		p.IDs = append(p.IDs, id)
	}
	return end
}

// newPlace gives a place with a stable address: an object's id may follow the connections in it.
func (r *pageReader) newPlace(b *schemas.Branch, index int) *place {
	if len(r.slab) == cap(r.slab) {
		r.slab = make([]place, 0, 128)
	}
	r.slab = append(r.slab, place{branch: b, index: index})
	return &r.slab[len(r.slab)-1]
}

// fields reads the object at i along the branches below it.
func (r *pageReader) fields(inner map[string]*schemas.Branch, here *place, i, depth int) int {
	r.trail = append(r.trail, here)
	end := r.Object(i, depth, func(key []byte, i int) (end int) {
		if b := inner[string(key)]; b != nil {
			return r.branch(b, i, depth+1)
		}
		if string(key) == "id" {
			first := here.id
			if here.id, end = r.raw(i, depth+1); first != nil && !bytes.Equal(first, here.id) {
				here.id = nil // the record has two
			}
			return end
		}
		return r.Skip(i, depth+1)
	})
	r.trail = r.trail[:len(r.trail)-1]
	return end
}

// branch reads the value of a field that is a connection or leads to one.
func (r *pageReader) branch(b *schemas.Branch, i, depth int) int {
	switch {
	case r.is(i, 'n'):
		return r.Skip(i, depth)
	case b.Field.Connection:
		return r.nestedConnection(b, i, depth)
	case b.Field.List && r.is(i, '['):
		n := -1
		return r.Array(i, depth, func(i int) int { n++; return r.inner(b, n, i, depth+1) })
	case b.Field.List:
		return r.refuse(i, depth, "%s is %s, want a list", b.Field.Name, r.Describe(i))
	}
	return r.inner(b, -1, i, depth)
}

// inner reads an object below a branch, or null.
func (r *pageReader) inner(b *schemas.Branch, index, i, depth int) int {
	switch {
	case b.Inner == nil || r.is(i, 'n'):
		return r.Skip(i, depth)
	case !r.is(i, '{'):
		return r.refuse(i, depth, "%s is %s, want an object", b.Field.Name, r.Describe(i))
	}
	return r.fields(b.Inner, r.newPlace(b, index), i, depth)
}

func (r *pageReader) nestedConnection(b *schemas.Branch, i, depth int) int {
	before, mark := r.err, len(r.ids)
	c, end := r.connection(b.Field.Name, i, depth, func(n, i int) int {
		if !r.is(i, '{') {
			return r.inner(b, n, i, depth+2)
		}
		here := r.newPlace(b, n)
		end := r.fields(b.Inner, here, i, depth+2)
		if id, err := strconv.ParseInt(string(here.id), 10, 64); err == nil {
			r.ids = append(r.ids, id)
		}
		return end
	})
	ids := r.ids[mark:]
	r.ids = r.ids[:mark]
	if end < 0 {
		return end
	}
	if before == nil && r.err == nil {
		r.err = r.checkNested(b, &c, ids)
	}
	if before == nil && r.err != nil {
		r.err = fmt.Errorf("%s: %w", b.Field.Name, r.err)
	}
	return end
}

// checkNested checks a page of a nested connection. It is whole if it has as many different nodes as the server
// counts; else it is unfinished.
func (r *pageReader) checkNested(b *schemas.Branch, c *connection, ids []int64) error {
	if c.total < 0 {
		return errors.New("a connection without totalCount")
	}
	slices.Sort(ids)
	if c.hasNext || c.count != c.total || len(slices.Compact(ids)) != c.count {
		p := &partial{trail: slices.Clone(r.trail), branch: b, connection: *c}
		r.page.unfinished = append(r.page.unfinished, p)
	}
	return c.canContinue(0)
}
