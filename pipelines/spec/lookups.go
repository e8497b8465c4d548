package spec

import (
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

var lookupsShape = document.MapOf(
	document.Naming{What: "lookup", Pattern: tableNames.Pattern, Check: tableNames.Check},
	document.Object("Values by key, from all records of a connection.", lookupFields),
	func(name string, _ document.Pos, l Lookup) Lookup {
		l.Name, l.Key.Name, l.Value.Name = name, "key", "value"
		l.Extract.Part = l.Part
		return l
	})

const lookupHint = "write {from: variantGroups, key: variants.id, value: name}"

var lookupFields = []document.Field[Lookup]{
	required(lookupHint, field("from", "Root connection of the records.",
		document.OneOrMore("connections", map[string]any{"examples": connectionNames()}),
		func(l *Lookup) *[]document.Word { return &l.Extract.From })),
	field("args", "Arguments of the connection.", ArgsShape, func(l *Lookup) **document.Node { return &l.Extract.ArgNodes }),
	required(lookupHint, field("key", "Path of the key, a number, or of several keys of a record.",
		columnShape(), func(l *Lookup) *Column { return &l.Key })),
	required(lookupHint, field("value", "Path of the value.", columnShape(), func(l *Lookup) *Column { return &l.Value })),
}

// checkLookups reports columns that name no lookup, and keys of a lookup that are not paths.
func (s *Spec) checkLookups() {
	d := s.Decoder
	for i := range s.Lookups {
		l := &s.Lookups[i]
		for _, c := range []*Column{&l.Key, &l.Value} {
			if c.Has("expr") || c.Has("lookup") {
				d.Fault(c.At(""), "write a path, such as variants.id", "%s is not a path",
					wording.Join("lookups", l.Name)+"."+c.Name)
			}
		}
		if len(l.Extract.From) > 1 {
			d.Fault(l.At("from"), "name one", "%s.from names several connections", wording.Join("lookups", l.Name))
		}
	}
}
