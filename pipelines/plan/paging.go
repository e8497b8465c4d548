package plan

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract"
)

// paging decides how pages are addressed and in which order, says why, and what
// comes next if the server turns out not to page so.
func (c *compiler) paging(q *extract.Query) {
	q.Paging, _ = extract.ParsePaging(c.spec.Extract.Paging)
	c.checkIDs(q)
	connection, wish := q.Connection, q.Paging
	byIDs := connection.IDs && c.spec.Extract.Args["ids"] == nil
	rows, why := c.byRows(q)
	ids := *q
	ids.Paging = extract.IDs
	switch {
	case wish == extract.IDs:
		c.plan.PagingWhy = fmt.Sprintf("by ranges of ids, as the spec asks: edits to other records of %s move nothing", connection.Name)
		c.plan.Pagings = append(c.plan.Pagings, ids, rows)
	case wish == extract.Auto && byIDs && !rows.OrderByID && !connection.UniqueOrder && !c.sorted():
		c.plan.PagingWhy = fmt.Sprintf("by ranges of ids: the server's own order of %s has ties, which can repeat and drop records between pages of it", connection.Name)
		c.plan.Pagings = append(c.plan.Pagings, ids, rows)
	case byIDs:
		c.plan.PagingWhy = why
		c.plan.Pagings = append(c.plan.Pagings, rows, ids)
	default:
		c.plan.PagingWhy = why
		c.plan.Pagings = append(c.plan.Pagings, rows)
	}
	if rows.OrderByID {
		rows.OrderByID = false
		c.plan.Pagings = append(c.plan.Pagings, rows)
	}
	rows.Follow = true
	c.plan.Pagings = append(c.plan.Pagings, rows)
	*q = c.plan.Pagings[0]
}

func (c *compiler) sorted() bool {
	_, sorted := c.spec.Extract.Args["sortBy"]
	return sorted
}

// byRows is the query by offset, in the best order there is.
func (c *compiler) byRows(q *extract.Query) (rows extract.Query, why string) {
	rows = *q
	rows.Paging = extract.Offset
	connection := q.Connection
	switch {
	case c.sorted():
		return rows, "by offset, in the order that args.sortBy asks for"
	case connection.SortByID:
		rows.OrderByID = true
		return rows, fmt.Sprintf("by offset, ordered by id: %s can be sorted so that there are no ties and new records come last", connection.Name)
	case connection.UniqueOrder:
		return rows, fmt.Sprintf("by offset, in the server's own order of %s, which in practice has no ties", connection.Name)
	case connection.IDs:
		return rows, fmt.Sprintf("by offset, in the server's own order of %s; ties in it can repeat or drop records between pages, so that what is missing in the end is asked for by id", connection.Name)
	}
	return rows, fmt.Sprintf("by offset, in the server's own order of %s; ties in it can repeat or drop records between pages, so that all ids are read again in the end", connection.Name)
}

func (c *compiler) checkIDs(q *extract.Query) {
	pos := c.spec.Extract.At("paging")
	connection := q.Connection
	switch {
	case q.Paging != extract.IDs:
	case !connection.HasIDsArg:
		c.Fault(pos, "write `paging: auto`", "extract.paging cannot be ids: %s takes no ids", connection.Name)
	case !connection.IDs:
		c.Fault(pos, "write `paging: auto`", "extract.paging cannot be ids: those that %s takes are not the ids of its records", connection.Name)
	case c.spec.Extract.Args["ids"] != nil:
		c.Fault(pos, "remove one of them", "extract.paging cannot be ids beside args.ids")
	}
}

// PagingText names a way of paging.
func PagingText(q *extract.Query) string {
	switch {
	case q.Follow:
		return "after the server's own cursors, one page at a time"
	case q.Paging == extract.IDs:
		return "by ranges of ids"
	case q.OrderByID:
		return "by offset, ordered by id"
	}
	return "by offset"
}

// pagingNext says what a run does if the server does not page as planned.
func pagingNext(p *Plan) []string {
	var list []string
	for i := range p.Pagings[1:] {
		list = append(list, PagingText(&p.Pagings[i+1]))
	}
	return list
}

// pagingProof says how a run will know that no record is missing.
func pagingProof(p *Plan) string {
	switch {
	case len(p.Decode.ID) == 0:
		return "records, which have no id here, are counted against the API's totalCount"
	case p.Connection.IDs:
		return "in the end the API counts the records that came by their ids, and all there are: one request for some 10,000"
	}
	return "in the end the ids of all records are read again, some 1,000 in one request"
}
