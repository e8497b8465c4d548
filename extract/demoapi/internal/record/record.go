// Package record says what an object of an answer is: the one interface between the GraphQL executor and the
// synthetic data, the nodes read from files and the schema's introspection.
//
// It takes nothing, gives types only, and never knows the schema.
package record

import "strings"

// Record is one object of an answer.
type Record interface {
	// Field returns the value of a field: nil, bool, int, float64, string, Digits, JSON, Record, []Record, []string,
	// []any, Rows (the records of a connection), an error, or Unknown if the record does not have the field.
	Field(name string) any
}

// Typed is a Record that knows its object type where the schema asks for an interface or union.
type Typed interface {
	TypeName(abstract string) string // "" means: any type that fits
}

// Rows are the records that a connection pages through, in the server's own order.
type Rows struct {
	Of    []Record
	Whole bool // a root connection: default filters apply
}

// Unknown is the value of a field that a record does not have.
type Unknown struct{}

// Digits is text of digits that some types declare as String and others as Int.
type Digits string

// JSON is JSON text, for the JSON scalar.
type JSON string

// Fields generates the values of a record type, by field name.
type Fields[T any] map[string]func(T) any

// NewFields makes Fields. Names with the same generator stand in one key, separated by spaces.
func NewFields[T any](generators map[string]func(T) any) Fields[T] {
	out := Fields[T]{}
	for names, generate := range generators {
		for name := range strings.FieldsSeq(names) {
			out[name] = generate
		}
	}
	return out
}

// Value generates a field of r, or returns Unknown.
func (f Fields[T]) Value(r T, name string) any {
	if generate := f[name]; generate != nil {
		return generate(r)
	}
	return Unknown{}
}

// List converts a list of one record type.
func List[T Record](list []T) []Record {
	return Map(list, func(r T) Record { return r })
}

// Map makes a list of what f makes of each element.
func Map[T, R any](list []T, f func(T) R) []R {
	out := make([]R, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// RowsOf makes the rows of a nested connection.
func RowsOf[T Record](list []T) Rows { return Rows{Of: List(list)} }
