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
	i := d.scan.Space(0)
	if i >= len(d.scan.Data) || d.scan.Data[i] != '{' {
		return d.scan.Unexpected(i, "an object")
	}
	data := false
	end := d.scan.Object(i, 0, func(key []byte, i int) int {
		switch string(key) {
		case "data":
			data = true
			return d.data(i)
		case "errors":
			return d.errors(i)
		}
		return d.scan.Skip(i, 1)
	})
	switch {
	case end < 0:
		return jsonscan.Failed
	case !data:
		return d.scan.Fail(i, "has no data")
	}
	return d.scan.End(end)
}

// errors refuses a page with errors; the extractor met them before, so this is the second line.
func (d *Decoder) errors(i int) int {
	end := d.scan.Skip(i, 1)
	if end < 0 {
		return jsonscan.Failed
	}
	if text := string(jsonscan.AppendCompact(nil, d.scan.Data[i:end])); text != "null" && text != "[]" {
		return d.scan.Fail(i, "carries errors: "+jsonscan.Clip([]byte(text)))
	}
	return end
}

func (d *Decoder) data(i int) int {
	if i >= len(d.scan.Data) || d.scan.Data[i] != '{' {
		return d.no(i, 1, "data")
	}
	found := false
	end := d.scan.Object(i, 1, func(key []byte, i int) int {
		if string(key) != d.connection {
			return d.scan.Skip(i, 2)
		}
		found = true
		return d.page(i)
	})
	if end > 0 && !found {
		return d.scan.Fail(i, "has no data of "+d.connection)
	}
	return end
}

// no refuses a null or a value of another kind where an object or list has to be.
func (d *Decoder) no(i, depth int, what string) int {
	end := d.scan.Skip(i, depth)
	if end < 0 {
		return jsonscan.Failed
	}
	return d.scan.Fail(i, "has no "+what+", but "+jsonscan.Clip(d.scan.Data[i:end]))
}

func (d *Decoder) page(i int) int {
	if i >= len(d.scan.Data) || d.scan.Data[i] != '{' {
		return d.no(i, 2, "data of "+d.connection)
	}
	nodes := false
	end := d.scan.Object(i, 2, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return d.totalCount(i)
		case "pageInfo":
			return d.pageInfo(i)
		case "nodes":
			nodes = true
			return d.nodes(i)
		}
		return d.scan.Skip(i, 3)
	})
	if end > 0 && !nodes {
		return d.scan.Fail(i, "has no nodes")
	}
	return end
}

func (d *Decoder) totalCount(i int) int {
	t := &d.tok
	end := d.scan.Token(t, i, 3)
	if end < 0 {
		return jsonscan.Failed
	}
	n, ok := toInt64(t)
	if t.Kind != jsonscan.Number || !ok || n < 0 {
		return d.scan.Fail(i, "has a totalCount that is no count: "+jsonscan.Clip(t.Raw))
	}
	d.result.TotalCount = int(n)
	return end
}

func (d *Decoder) pageInfo(i int) int {
	if i >= len(d.scan.Data) || d.scan.Data[i] != '{' {
		return d.no(i, 3, "pageInfo")
	}
	return d.scan.Object(i, 3, func(key []byte, i int) int {
		if string(key) != "hasNextPage" {
			return d.scan.Skip(i, 4)
		}
		t := &d.tok
		end := d.scan.Token(t, i, 4)
		if end > 0 && t.Kind != jsonscan.Bool {
			return d.scan.Fail(i, "has a hasNextPage that is neither true nor false: "+jsonscan.Clip(t.Raw))
		}
		d.result.HasNext = end > 0 && t.Raw[0] == 't'
		return end
	})
}

// nodesDepth is how deep a record lies in the page.
const nodesDepth = 4

func (d *Decoder) nodes(i int) int {
	if i >= len(d.scan.Data) || d.scan.Data[i] != '[' {
		return d.no(i, 3, "nodes")
	}
	return d.scan.Array(i, 3, d.record)
}

// record reads one node and settles what becomes of it.
func (d *Decoder) record(i int) int {
	d.id, d.hasID, d.rejected = 0, false, false
	for _, t := range d.tables {
		t.open()
	}
	end := d.single(d.root, i, nodesDepth)
	if end < 0 {
		return jsonscan.Failed
	}
	d.result.Records++
	if d.scan.Data[i] == 'n' {
		d.rejected = true
		d.refusal = Reject{Table: d.tables[0].name, Reason: "the server gave null for this record"}
	}
	for _, t := range d.tables {
		t.close(d, 0)
	}
	d.settle(d.scan.Data[i:end])
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
	d.refusal.Record = jsonscan.AppendCompact(make([]byte, 0, len(raw)), raw)
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
