package execute

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// page is a window over the filtered records of a connection.
type page struct {
	nodes   []record.Record
	offset  int // of the first node
	total   int
	size    int // the page size asked for, clamped
	hasNext bool
	hasPrev bool

	sameCursor, noCursor bool // faults of endCursor
}

// Field implements record.Record.
func (p *page) Field(name string) any { return pageFields.Value(p, name) }

var pageFields = record.NewFields(map[string]func(*page) any{
	"nodes": func(p *page) any { return p.nodes },
	"edges": func(p *page) any {
		out := make([]record.Record, len(p.nodes))
		for i, n := range p.nodes {
			out[i] = view{"cursor": cursor(p.offset + i + 1), "node": n}
		}
		return out
	},
	"pageInfo": func(p *page) any { return p },
	"totalCount filteredCount unfilteredCount unfilteredCountForSubject": func(p *page) any { return p.total },
	"pageCount":       func(p *page) any { return (p.total + p.size - 1) / max(p.size, 1) },
	"hasNextPage":     func(p *page) any { return p.hasNext },
	"hasPreviousPage": func(p *page) any { return p.hasPrev },
	"startCursor": func(p *page) any {
		if len(p.nodes) == 0 {
			return nil
		}
		return cursor(p.offset + 1)
	},
	"endCursor": func(p *page) any {
		switch {
		case p.sameCursor:
			return cursor(1)
		case p.noCursor, len(p.nodes) == 0:
			return nil
		}
		return cursor(p.offset + len(p.nodes))
	},
})

// cursor encodes a 1-based offset as the server does.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset)))
}

// offsetOf decodes a cursor as the server does: invalid base64 is an error, an invalid number is 0.
func offsetOf(text string) (int, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, wording(fmt.Sprintf("Invalid input: %q", text))
	}
	n, _ := strconv.Atoi(string(raw))
	return max(n, 0), nil
}

// page filters, orders and cuts the records of a connection.
func (x *execution) page(def *ast.Definition, a *asked, rs record.Rows) any {
	list, err := x.chosen(a, rs)
	if err != nil {
		return err
	}
	most := 100
	if def == x.schema.Query {
		most = x.engine.maxPage(a.def.Name)
	}
	if clamp := x.faults.Last("clamp"); clamp > 0 {
		most = min(most, clamp)
	}
	p, err := window(list.Of, a.args, most)
	if err != nil {
		return err
	}
	if def == x.schema.Query {
		return x.applyFaults(p, a)
	}
	return x.applyNestedFaults(p, a)
}

// chosen returns the records that the arguments select, in order. Pages of one list share it, unless the data are
// edited.
func (x *execution) chosen(a *asked, rs record.Rows) (listing.Ordered, error) {
	l, _ := listing.Of(a.def.Name)
	list, err := x.listed(l, a, rs)
	if err == nil && rs.Whole {
		list, err = x.selected(l, a, list)
	}
	if err == nil && x.shuffled() {
		list.Of = slices.Clone(list.Of)
		list.Shuffle(x.dice(x.number, 17))
	}
	if err == nil && !rs.Whole && x.faults.On("innershuffle") {
		list.Ordered = listing.Ordered{Of: slices.Clone(list.Of), Group: make([]int32, len(list.Of))}
		list.Shuffle(x.dice(x.number, 23))
	}
	return list.Ordered, err
}

// listed returns the records of a connection without regard to the arguments ids and id of a root connection.
func (x *execution) listed(l listing.Listing, a *asked, rs record.Rows) (shared, error) {
	choose := func() (listing.Ordered, error) {
		base, err := x.base(l, a, rs)
		if err != nil {
			return base, err
		}
		return x.filter(l, a, rs, base)
	}
	if !rs.Whole || x.edits.made() {
		list, err := choose()
		return shared{Ordered: list}, err
	}
	args := maps.Clone(a.args)
	maps.DeleteFunc(args, func(name string, _ any) bool { return pageArg(name) || name == "ids" || name == "id" })
	return x.engine.orders.once(fmt.Sprintf("%s %#v", a.def.Name, args), choose)
}

// base returns the records in order, before filters. Whole tables are sorted once.
func (x *execution) base(l listing.Listing, a *asked, rs record.Rows) (listing.Ordered, error) {
	order := l.Order
	if by := a.args["sortBy"]; by != nil {
		var err error
		if order, err = sortOrder(l, a.def.Name, by); err != nil {
			return listing.Ordered{}, err
		}
	} else if !rs.Whole || x.engine.nodes[a.def.Name] != nil && !x.tied(order, rs) {
		order = ""
	}
	sort := func() (listing.Ordered, error) {
		if order == "" {
			return listing.AsListed(rs.Of), nil
		}
		return listing.Sort(rs.Of, order, x.engine.seed)
	}
	if !rs.Whole {
		return sort()
	}
	list, err := x.engine.orders.once(a.def.Name+" by "+order, sort)
	return list.Ordered, err
}

// tied reports whether nodes of a file have the server's own order, with its ties, instead of the order of the file: if
// ties are shuffled and all nodes have the sort keys.
func (x *execution) tied(order string, rs record.Rows) bool {
	if order == "" || !x.shuffled() {
		return false
	}
	_, err := listing.Sort(rs.Of, order, x.engine.seed)
	return err == nil
}

// window selects a page as graphql-ruby does for a relation.
func window(list []record.Record, a args, most int) (*page, error) {
	after, err := a.offset("after")
	if err != nil {
		return nil, err
	}
	before, err := a.offset("before")
	if err != nil {
		return nil, err
	}
	first, hasFirst := a.int("first")
	last, hasLast := a.int("last")
	if !hasFirst && !hasLast {
		first, hasFirst = most, true
	}
	first, last = max(0, min(first, most)), max(0, min(last, most))
	from, to := min(after, len(list)), len(list)
	if before > 0 {
		to = max(from, min(to, before-1))
	}
	end := to
	if hasFirst {
		to = min(to, from+first)
	}
	if hasLast {
		from = max(from, to-last)
	}
	size := first
	if !hasFirst {
		size = last
	}
	return &page{nodes: list[from:to], offset: from, total: len(list), size: size,
		hasNext: before > 0 || hasFirst && to < end, hasPrev: after > 0 || hasLast && from > 0}, nil
}

// sortOrder reads a sortBy argument.
func sortOrder(l listing.Listing, connection string, by any) (string, error) {
	given, _ := by.(map[string]any)
	column := fmt.Sprint(given["column"])
	path, ok := l.Sorts[column]
	if !ok {
		return "", notImplemented("sortBy column "+column, connection)
	}
	if given["direction"] == "DESC" {
		return "-" + path, nil
	}
	return path, nil
}
