package plan

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/schemas"
)

// paging decides how pages are addressed and sorted, and what to try next if the server does not page so.
func (c *compiler) paging(q *extract.Query) {
	q.Paging, _ = extract.ParsePaging(c.spec.Extract.Paging)
	c.checkIDs(q)
	connection, args := q.Connection, c.spec.Extract.Args
	_, sorted := args["sortBy"]
	rows, ids := *q, *q
	rows.Paging, ids.Paging = extract.Offset, extract.IDs
	rows.OrderByID = connection.SortByID && !sorted
	byIDs := connection.IDs && args["ids"] == nil
	p := c.plan
	switch {
	case q.Paging == extract.IDs:
		p.PagingWhy = fmt.Sprintf("by ranges of ids, as the spec asks: edits to other records of %s move nothing",
			connection.Name)
		p.Pagings = append(p.Pagings, ids, rows)
	case q.Paging == extract.Auto && byIDs && !rows.OrderByID && !connection.UniqueOrder && !sorted:
		p.PagingWhy = fmt.Sprintf("by ranges of ids: the server's own order of %s has ties, "+
			"which can repeat and drop records between pages", connection.Name)
		p.Pagings = append(p.Pagings, ids, rows)
	default:
		p.PagingWhy = offsetWhy(connection, sorted)
		p.Pagings = append(p.Pagings, rows)
		if byIDs {
			p.Pagings = append(p.Pagings, ids)
		}
	}
	if rows.OrderByID {
		rows.OrderByID = false
		p.Pagings = append(p.Pagings, rows)
	}
	rows.Follow = true
	p.Pagings = append(p.Pagings, rows)
	*q = p.Pagings[0]
}

// offsetWhy explains the order of pages by offset.
func offsetWhy(connection *schemas.Connection, sorted bool) string {
	const ties = "by offset, in the server's own order of %s; ties in it can repeat or drop records between pages, "
	switch {
	case sorted:
		return "by offset, in the order that args.sortBy asks for"
	case connection.SortByID:
		return fmt.Sprintf("by offset, ordered by id: the order of %s has no ties, and new records come last",
			connection.Name)
	case connection.UniqueOrder:
		return fmt.Sprintf("by offset, in the server's own order of %s, which in practice has no ties",
			connection.Name)
	case connection.IDs:
		return fmt.Sprintf(ties+"so missing records are requested by id at the end", connection.Name)
	}
	return fmt.Sprintf(ties+"so all ids are read again at the end", connection.Name)
}

func (c *compiler) checkIDs(q *extract.Query) {
	pos := c.spec.Extract.At("paging")
	connection := q.Connection
	switch {
	case q.Paging != extract.IDs:
	case !connection.HasIDsArg:
		c.Fault(pos, "write `paging: auto`", "extract.paging cannot be ids: %s has no ids argument", connection.Name)
	case !connection.IDs:
		c.Fault(pos, "write `paging: auto`",
			"extract.paging cannot be ids: the ids argument of %s is not for the ids of its records", connection.Name)
	case c.spec.Extract.Args["ids"] != nil:
		c.Fault(pos, "remove one of them", "extract.paging cannot be ids beside args.ids")
	}
}

// PagingText names a way of paging.
func PagingText(q *extract.Query) string {
	switch {
	case q.Follow:
		return "by the server's own cursors, one page at a time"
	case q.Paging == extract.IDs:
		return "by ranges of ids"
	case q.OrderByID:
		return "by offset, ordered by id"
	}
	return "by offset"
}

// pagingNext lists what a run tries next if the server does not page as planned.
func pagingNext(p *Plan) []string {
	var list []string
	for i := range p.Pagings[1:] {
		list = append(list, PagingText(&p.Pagings[i+1]))
	}
	return list
}

// pagingProof explains how a run proves that no record is missing.
func pagingProof(p *Plan) string {
	switch {
	case len(p.Decode.ID) == 0:
		return "the records, which have no id here, are compared with the API's totalCount"
	case p.Connection.IDs:
		return "at the end, the API counts the ids received, and all records: one request for about 10,000"
	}
	return "at the end, the ids of all records are read again: one request for about 1,000"
}
