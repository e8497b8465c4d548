package execute

import (
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/synthetic"
)

// root returns the value of a root field.
func (x *execution) root(a *asked) any {
	name := a.def.Name
	switch name {
	case "viewer":
		if x.viewer == nil {
			return nil
		}
		return x.viewer
	case "__schema":
		return introspection{x.schema}.schema()
	case "__type":
		name := a.args["name"].(string)
		if x.schema.Types[name] == nil {
			return nil
		}
		return introspection{x.schema}.named(name)
	}
	if nodes := x.engine.nodes[name]; nodes != nil {
		return record.Rows{Of: nodes, Whole: true}
	}
	if l, ok := listing.Of(name); ok {
		return record.Rows{Of: x.engine.data.Table(l.Table), Whole: true}
	}
	if id, ok := a.args.int("id"); ok {
		return x.one(a, id)
	}
	if len(a.field.Arguments) > 0 && !a.pages {
		return notImplemented("field "+name, "Query")
	}
	return record.Unknown{}
}

// one returns the record with an id, or the error of a poisoned one.
func (x *execution) one(a *asked, id int) any {
	if slices.Contains(x.faults["poison"], id) {
		return x.unresolved(a, id)
	}
	r := x.byID(a, id)
	if r == nil {
		return nil
	}
	return x.recoded(r)
}

// byID finds a record, in the file of nodes if the connection has one.
func (x *execution) byID(a *asked, id int) record.Record {
	for connection, nodes := range x.engine.nodes {
		if c, _ := x.engine.schema.Connection(connection); c.Single == a.def.Name {
			for _, r := range nodes {
				if listing.ID(r) == id {
					return r
				}
			}
			return nil
		}
	}
	return x.engine.data.One(a.def.Name, id)
}

// single reports whether a root field that returns one record takes the argument.
func single(a *asked, arg string) bool {
	if a.pages || a.def.Name == "__type" {
		return a.def.Name == "__type"
	}
	return arg == "id" && synthetic.ReturnsOne(a.def.Name)
}
