package execute

import (
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/synthetic"
)

// query is the root object.
type query struct{ x *execution }

// Field implements record.Record.
func (q query) Field(string) any { return record.Unknown{} }

// root returns the value of a root field.
func (q query) root(a *asked) any {
	name := a.def.Name
	switch name {
	case "viewer":
		if q.x.viewer == nil {
			return nil
		}
		return q.x.viewer
	case "__schema":
		return introspection{q.x.schema}.schema()
	case "__type":
		name := a.args["name"].(string)
		if q.x.schema.Types[name] == nil {
			return nil
		}
		return introspection{q.x.schema}.named(name)
	}
	if nodes := q.x.engine.nodes[name]; nodes != nil {
		return record.Rows{Of: nodes, Whole: true}
	}
	if l, ok := listing.Of(name); ok {
		return record.Rows{Of: q.x.engine.data.Table(l.Table), Whole: true}
	}
	if id, ok := a.args.int("id"); ok {
		return q.one(a, id)
	}
	if len(a.field.Arguments) > 0 && !a.pages {
		return notImplemented("field "+name, "Query")
	}
	return record.Unknown{}
}

// one returns the record with an id, or the error of a poisoned one.
func (q query) one(a *asked, id int) any {
	if slices.Contains(q.x.faults["poison"], id) {
		return q.x.unresolved(a, id)
	}
	r := q.byID(a, id)
	if r == nil {
		return nil
	}
	return q.x.recoded(r)
}

// byID finds a record, in the file of nodes if the connection has one.
func (q query) byID(a *asked, id int) record.Record {
	for connection, nodes := range q.x.engine.nodes {
		if q.x.engine.singles[connection] == a.def.Name {
			for _, r := range nodes {
				if listing.ID(r) == id {
					return r
				}
			}
			return nil
		}
	}
	return q.x.engine.data.One(a.def.Name, id)
}

// single reports whether a root field that returns one record takes the argument.
func single(a *asked, arg string) bool {
	if a.pages || a.def.Name == "__type" {
		return a.def.Name == "__type"
	}
	return arg == "id" && synthetic.ReturnsOne(a.def.Name)
}
