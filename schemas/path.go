package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Bounds of a path; real ones are a fraction of this.
const (
	maxPathBytes = 1000
	maxSegments  = 32
)

// Path is a way from a record to its values, resolved against the schema.
type Path struct {
	Text  string
	Steps []Step
	Type  Type   // of a column that keeps the list, if there is one
	Enum  string // the enum type of the value, or ""
	// Ordinal is the place of an element in the list that the steps end at, instead of its value.
	Ordinal bool
}

// ordinal is the last segment of a path that gives the place of a row's
// element in its list, from 1.
const ordinal = "__ordinal"

// Step is one field on the way. A path through a connection has one step for
// it: the field of the connection, whose values are the nodes.
type Step struct {
	Field           string
	Narrow          string // the type the value above must have, or ""
	Type            string // the named type of the value
	List            bool   // also for a connection
	Connection      bool
	Nullable        bool // the value, or the whole list; so is every narrowed field
	ElementNullable bool
	GraphQL         string // the type as the schema writes it: [Therapy!]!
	Deprecated      string // why the API gives the field up; "" if it does not
	Doc             string // what the schema says of the field
}

// Doc says what the path leads to in the schema's words, step by step: "The
// disease it is about. The name of the disease."
func (p *Path) Doc() string {
	var parts []string
	for _, step := range p.Steps {
		if step.Doc == "" {
			return "" // half a description could be of something else
		}
		parts = append(parts, step.Doc)
	}
	return strings.Join(parts, " ")
}

// PathError says which segment of a path is wrong, and how to mend it.
type PathError struct {
	Path, Segment, What, Hint string
}

// Error is what is wrong and the hint, as one line.
func (e *PathError) Error() string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + "; " + e.Hint
}

// Resolve follows a path from a record of the node type to a value that fits a
// column. Its error is a *PathError.
func (s *Schema) Resolve(node, path string) (*Path, error) {
	w, err := s.walk(node, path)
	if err != nil {
		return nil, err
	}
	if !w.ordinal && !leaf(w.def) {
		return nil, w.fault(w.last(), fmt.Sprintf("%s is %s with fields of its own", path, article(w.def.Name)),
			"add a field: "+w.examples(path))
	}
	return w.path(), nil
}

// ResolveRows follows a path to what a table's rows are made of: it goes
// through at least one list, and may end at objects. Its error is a *PathError.
func (s *Schema) ResolveRows(node, path string) (*Path, error) {
	w, err := s.walk(node, path)
	if err != nil {
		return nil, err
	}
	if w.ordinal {
		return nil, w.fault(ordinal, path+" is a number, not a list", "leave "+ordinal+" out")
	}
	if !slices.ContainsFunc(w.steps, func(step Step) bool { return step.List }) {
		return nil, w.fault(w.last(), fmt.Sprintf("%s is not a list and goes through none, so it gives no rows", path),
			w.listHint(node))
	}
	return w.path(), nil
}

// Under is the type of the path's column in a table with one row per element
// of rows: the lists on the way that both share are no lists any more.
func (p *Path) Under(rows *Path) Type {
	shared := 0
	for shared < min(len(p.Steps), len(rows.Steps)) && p.Steps[shared].same(rows.Steps[shared]) {
		shared++
	}
	return columnType(p.Type.Kind, p.Steps, shared)
}

func (step Step) same(other Step) bool {
	return step.Field == other.Field && step.Narrow == other.Narrow
}

// columnType is the type of the values at the end of the steps, the lists of
// the first `unrolled` steps giving one of their elements.
func columnType(kind Kind, steps []Step, unrolled int) Type {
	t := Type{Kind: kind}
	for i, step := range steps {
		switch {
		case t.List && step.List: // an inner list that is null adds nothing
			t.ElementNullable = t.ElementNullable || step.ElementNullable || step.Narrow != ""
		case t.List:
			t.ElementNullable = t.ElementNullable || step.Nullable
		case step.List && i < unrolled:
			t.Nullable = t.Nullable || step.ElementNullable
		case step.List:
			t.List, t.ElementNullable = true, step.ElementNullable
			t.Nullable = t.Nullable || step.Nullable
		default:
			t.Nullable = t.Nullable || step.Nullable
		}
	}
	return t
}

func leaf(def *ast.Definition) bool { return def.Kind == ast.Scalar || def.Kind == ast.Enum }

// kindOf is what a value of the type is on the wire. A scalar nobody here knows
// is kept as the JSON it comes as.
func kindOf(def *ast.Definition) Kind {
	if def.Kind == ast.Enum {
		return Enum
	}
	if def.Kind != ast.Scalar {
		return Object
	}
	switch def.Name {
	case "Int":
		return Int64
	case "Float":
		return Float64
	case "Boolean":
		return Bool
	case "String", "ID":
		return String
	case "ISO8601DateTime":
		return Timestamp
	case "ISO8601Date":
		return Date
	default:
		return JSON
	}
}
