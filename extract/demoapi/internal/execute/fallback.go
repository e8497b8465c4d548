package execute

import "github.com/civic-etl/civic-etl/extract/demoapi/internal/record"

// objectName returns the object type of a record where abstract is asked for; "" for a record that fits any type.
func objectName(abstract string, rec record.Record) string {
	if t, ok := rec.(record.Typed); ok {
		return t.TypeName(abstract)
	}
	return ""
}

// fallback returns the value of an unknown field: null, or the empty value of a non-null type.
func (x *execution) fallback(a *asked) any {
	t := a.def.Type
	switch {
	case a.pages:
		return record.Rows{}
	case !t.NonNull:
		return nil
	case t.Elem != nil:
		return []record.Record{}
	}
	if a.leaf == enumLeaf {
		return a.element.EnumValues[0].Name
	}
	return zeros[a.leaf]
}

// zeros holds the value of a non-null field of each leaf.
var zeros = [...]any{noLeaf: view{}, intLeaf: 0, floatLeaf: 0.0, boolLeaf: false, textLeaf: "",
	timeLeaf: "2015-06-01T00:00:00Z", jsonLeaf: record.JSON("{}")}

// view is an object whose fields are known.
type view map[string]any

// Field implements record.Record.
func (v view) Field(name string) any {
	if value, ok := v[name]; ok {
		return value
	}
	return record.Unknown{}
}

// altered is a record with another value of one field.
type altered struct {
	record.Record
	field string
	value any
}

// Field implements record.Record.
func (r altered) Field(name string) any {
	if name == r.field {
		return r.value
	}
	return r.Record.Field(name)
}

// TypeName is that of the record.
func (r altered) TypeName(abstract string) string { return objectName(abstract, r.Record) }
