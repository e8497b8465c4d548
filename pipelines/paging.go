package pipelines

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract"
)

// paging decides how pages are addressed and in which order, and says why.
func (c *compiler) paging(q *extract.Query) {
	e := &c.spec.Extract
	q.Paging, _ = extract.ParsePaging(e.Paging)
	_, sorted := e.Args["sortBy"]
	connection := q.Connection
	if q.Paging == extract.IDs {
		c.pagingByIDs(q)
		return
	}
	switch {
	case sorted:
		c.plan.PagingWhy = "by offset, in the order that args.sortBy asks for"
	case connection.SortByID:
		q.OrderByID = true
		c.plan.PagingWhy = fmt.Sprintf("by offset, ordered by id: %s can be sorted so that no record moves between pages", connection.Name)
	case connection.UniqueOrder:
		c.plan.PagingWhy = fmt.Sprintf("by offset, in the server's own order of %s, which has no ties", connection.Name)
	case connection.IDs && q.Paging == extract.Auto && e.Args["ids"] == nil:
		q.Paging = extract.IDs
		c.plan.PagingWhy = fmt.Sprintf("by ranges of ids: the server's own order of %s has ties, which can repeat and drop records between pages of it", connection.Name)
	case connection.IDs:
		c.plan.PagingWhy = fmt.Sprintf("by offset, in the server's own order of %s; ties in it can repeat or drop records between pages, so that what is missing in the end is asked for by id", connection.Name)
	default:
		c.plan.PagingWhy = fmt.Sprintf("by offset, in the server's own order of %s; records are counted against its totalCount", connection.Name)
	}
}

func (c *compiler) pagingByIDs(q *extract.Query) {
	pos := c.spec.Extract.at("paging")
	connection := q.Connection
	c.plan.PagingWhy = fmt.Sprintf("by ranges of ids, as the spec asks: edits to other records of %s move nothing", connection.Name)
	switch {
	case !connection.HasIDsArg:
		c.fault(pos, "write `paging: auto`", "extract.paging cannot be ids: %s takes no ids", connection.Name)
	case !connection.IDs:
		c.fault(pos, "write `paging: auto`", "extract.paging cannot be ids: those that %s takes are not the ids of its records", connection.Name)
	case c.spec.Extract.Args["ids"] != nil:
		c.fault(pos, "remove one of them", "extract.paging cannot be ids beside args.ids")
	}
}
