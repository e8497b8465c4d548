package transform

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// PageError says that a body is no whole, sound page: it is not JSON, not the
// answer that was asked for, or carries errors. No row of it was kept, so the page
// can be fetched again and decoded anew.
type PageError struct {
	Offset, Size int // where in the body, in bytes, and the body's size
	What         string
}

func (e *PageError) Error() string {
	return fmt.Sprintf("page %s (byte %d of %d)", e.What, e.Offset, e.Size)
}

// answer reads the whole body: {"data": {connection: {totalCount, pageInfo, nodes}}}.
func (d *Decoder) answer() int {
	i := d.Space(0)
	if i >= len(d.Src) || d.Src[i] != '{' {
		return d.Unexpected(i, "an object")
	}
	data := false
	end := d.Members(i, 0, func(key []byte, i int) int {
		switch string(key) {
		case "data":
			data = true
			return d.data(i)
		case "errors":
			return d.errors(i)
		}
		return d.Skip(i, 1)
	})
	switch {
	case end < 0:
		return fail
	case !data:
		return d.Stop(i, "has no data")
	}
	if end = d.Space(end); end < len(d.Src) {
		return d.Stop(end, "goes on behind its end")
	}
	return end
}

// errors refuses a page with errors; the extractor met them before, so this is the second line.
func (d *Decoder) errors(i int) int {
	end := d.Skip(i, 1)
	if end < 0 {
		return fail
	}
	if text := string(compact(nil, d.Src[i:end])); text != "null" && text != "[]" {
		return d.Stop(i, "carries errors: "+jsonscan.Clip([]byte(text)))
	}
	return end
}

func (d *Decoder) data(i int) int {
	if i >= len(d.Src) || d.Src[i] != '{' {
		return d.no(i, 1, "data")
	}
	found := false
	end := d.Members(i, 1, func(key []byte, i int) int {
		if string(key) != d.connection {
			return d.Skip(i, 2)
		}
		found = true
		return d.page(i)
	})
	if end > 0 && !found {
		return d.Stop(i, "has no data of "+d.connection)
	}
	return end
}

// no refuses a null or a value of another kind where an object or list has to be.
func (d *Decoder) no(i, depth int, what string) int {
	end := d.Skip(i, depth)
	if end < 0 {
		return fail
	}
	return d.Stop(i, "has no "+what+", but "+jsonscan.Clip(d.Src[i:end]))
}

func (d *Decoder) page(i int) int {
	if i >= len(d.Src) || d.Src[i] != '{' {
		return d.no(i, 2, "data of "+d.connection)
	}
	nodes := false
	end := d.Members(i, 2, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return d.totalCount(i)
		case "pageInfo":
			return d.pageInfo(i)
		case "nodes":
			nodes = true
			return d.nodes(i)
		}
		return d.Skip(i, 3)
	})
	if end > 0 && !nodes {
		return d.Stop(i, "has no nodes")
	}
	return end
}

func (d *Decoder) totalCount(i int) int {
	end, t := d.token(i, 3)
	if end < 0 {
		return fail
	}
	n, ok := t.int64()
	if t.kind != isNumber || !ok || n < 0 {
		return d.Stop(i, "has a totalCount that is no count: "+jsonscan.Clip(t.raw))
	}
	d.result.TotalCount = int(n)
	return end
}

func (d *Decoder) pageInfo(i int) int {
	if i >= len(d.Src) || d.Src[i] != '{' {
		return d.no(i, 3, "pageInfo")
	}
	return d.Members(i, 3, func(key []byte, i int) int {
		if string(key) != "hasNextPage" {
			return d.Skip(i, 4)
		}
		end, t := d.token(i, 4)
		if end > 0 && t.kind != isBool {
			return d.Stop(i, "has a hasNextPage that is neither true nor false: "+jsonscan.Clip(t.raw))
		}
		d.result.HasNext = end > 0 && t.raw[0] == 't'
		return end
	})
}

// nodesDepth is how deep a record lies in the page.
const nodesDepth = 4

func (d *Decoder) nodes(i int) int {
	if i >= len(d.Src) || d.Src[i] != '[' {
		return d.no(i, 3, "nodes")
	}
	if i = d.Space(i + 1); i < len(d.Src) && d.Src[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		if i = d.record(i); i < 0 {
			return fail
		}
		if i, more = d.Next(i, ']'); i < 0 {
			return fail
		}
	}
	return i
}

// record reads one node and settles what becomes of it.
func (d *Decoder) record(i int) int {
	d.id, d.hasID, d.rejected = 0, false, false
	for _, t := range d.tables {
		t.open()
	}
	end := d.single(d.root, i, nodesDepth)
	if end < 0 {
		return fail
	}
	d.result.Records++
	if d.Src[i] == 'n' {
		d.rejected = true
		d.refusal = Reject{Table: d.tables[0].name, Reason: "the server gave null for this record"}
	}
	for _, t := range d.tables {
		t.close(d, 0)
	}
	d.settle(d.Src[i:end])
	return end
}

// settle keeps the record's rows or drops them from all tables.
func (d *Decoder) settle(raw []byte) {
	if d.known() {
		d.result.Duplicates++
		d.dropRecord()
		return
	}
	filtered := 0
	for _, t := range d.tables {
		filtered += t.compute(d)
	}
	if !d.rejected {
		d.result.Filtered += filtered
		return
	}
	d.dropRecord()
	d.refusal.Record = compact(make([]byte, 0, len(raw)), raw)
	d.result.Rejects = append(d.result.Rejects, d.refusal)
}

// known says whether the record was there before, and otherwise remembers it.
func (d *Decoder) known() bool {
	if !d.identified {
		return false
	}
	if !d.hasID {
		if !d.rejected {
			d.reject(nil, nil, "the record has no integer id")
		}
		return false
	}
	if _, again := d.seen[d.id]; again || d.isKnown != nil && d.isKnown(d.id) {
		return true
	}
	d.seen[d.id] = struct{}{}
	d.result.IDs = append(d.result.IDs, d.id)
	return false
}

func (d *Decoder) dropRecord() {
	for _, t := range d.tables {
		t.cut(t.mark)
	}
}
