package demoapi

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// page is what a connection shows: a window over the records that its filters
// leave.
type page struct {
	nodes   []record
	offset  int // of the first node
	total   int
	size    int // the page size asked for, clamped
	hasNext bool
	hasPrev bool
	end     string // what is wrong with endCursor
}

func (p *page) get(_ *data, field string) any {
	switch field {
	case "nodes":
		return p.nodes
	case "edges":
		out := make([]record, len(p.nodes))
		for i, n := range p.nodes {
			out[i] = edge{cursor(p.offset + i + 1), n}
		}
		return out
	case "pageInfo":
		return p
	case "totalCount", "filteredCount", "unfilteredCount", "unfilteredCountForSubject":
		return p.total
	case "pageCount":
		return (p.total + p.size - 1) / max(p.size, 1)
	case "hasNextPage":
		return p.hasNext
	case "hasPreviousPage":
		return p.hasPrev
	case "startCursor":
		return []any{nil, cursor(p.offset + 1)}[boolean(len(p.nodes) > 0)]
	case "endCursor":
		switch p.end {
		case "nocursor":
			return nil
		case "samecursor":
			return cursor(1)
		}
		return []any{nil, cursor(p.offset + len(p.nodes))}[boolean(len(p.nodes) > 0)]
	}
	return unset{}
}

type edge struct {
	cursor string
	node   record
}

func (e edge) get(_ *data, field string) any {
	switch field {
	case "cursor":
		return e.cursor
	case "node":
		return e.node
	}
	return unset{}
}

// cursor is the text of a 1-based offset, as the server hides it.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset)))
}

// offsetOf reads a cursor as the server does: what is not base64 is an error,
// what is not a number inside it is 0.
func offsetOf(text string) (int, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, wording(fmt.Sprintf("Invalid input: %q", text))
	}
	n, _ := strconv.Atoi(string(raw))
	return max(n, 0), nil
}

// page filters, orders and cuts the records of a connection.
func (x *exec) page(def *ast.Definition, a *asked, rs rows) any {
	list, err := x.chosen(a, rs)
	if err != nil {
		return err
	}
	most := 100
	if def == x.schema.Query {
		most = x.server.maxPage(a.def.Name)
	}
	if x.clamp > 0 {
		most = min(most, x.clamp)
	}
	p, err := window(list.of, a.args, most)
	if err != nil {
		return err
	}
	if def == x.schema.Query {
		return x.spoil(p, a)
	}
	return x.spoilInner(p, a)
}

// chosen gives the records that the arguments leave, in order.
func (x *exec) chosen(a *asked, rs rows) (ordered, error) {
	list, err := x.remembered(a, rs)
	if err == nil && x.shuffled() {
		list = ordered{slices.Clone(list.of), list.group}
		list.shuffle(x.d.throw(noKind, x.number, 17))
	}
	return list, err
}

// remembered works out what pages of one list have in common once, as long as
// nobody edits the data.
func (x *exec) remembered(a *asked, rs rows) (ordered, error) {
	if !rs.all || x.edits.made() || a.args["ids"] != nil || a.args["id"] != nil {
		return x.choose(a, rs)
	}
	chooses := maps.Clone(a.args)
	maps.DeleteFunc(chooses, func(name string, _ any) bool { return pageArg(name) })
	return x.server.orders.get(fmt.Sprintf("%s %#v", a.def.Name, chooses), func() (ordered, error) { return x.choose(a, rs) })
}

func (x *exec) choose(a *asked, rs rows) (ordered, error) {
	l := listings[a.def.Name]
	base, err := x.base(l, a, rs)
	if err != nil {
		return ordered{}, err
	}
	return x.filter(l, a, rs, base)
}

// base gives the records in order, filters aside. Orders of whole tables are
// worked out once.
func (x *exec) base(l listing, a *asked, rs rows) (ordered, error) {
	order := l.order
	if by := a.args["sortBy"]; by != nil {
		var err error
		if order, err = l.sortOrder(a.def.Name, by); err != nil {
			return ordered{}, err
		}
	} else if !rs.all {
		order = ""
	} else if x.server.nodes[a.def.Name] != nil && !x.tied(order, rs) {
		order = ""
	}
	if !rs.all {
		if order == "" {
			return asListed(rs.of), nil
		}
		return x.d.sorted(rs.of, order)
	}
	return x.server.orders.get(a.def.Name+" by "+order, func() (ordered, error) {
		if order == "" {
			return asListed(rs.of), nil
		}
		return x.d.sorted(rs.of, order)
	})
}

// tied says whether nodes of a file come in the server's own order, with its
// ties, and not in that of the file: where ties are shuffled and all nodes have
// what is sorted by.
func (x *exec) tied(order string, rs rows) bool {
	if order == "" || !x.shuffled() {
		return false
	}
	_, err := x.d.sorted(rs.of, order)
	return err == nil
}

// window cuts a page as graphql-ruby does over a relation.
func window(list []record, a args, most int) (*page, error) {
	var after, before int
	var err error
	if text, ok := a["after"].(string); ok {
		if after, err = offsetOf(text); err != nil {
			return nil, err
		}
	}
	if text, ok := a["before"].(string); ok {
		if before, err = offsetOf(text); err != nil {
			return nil, err
		}
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
