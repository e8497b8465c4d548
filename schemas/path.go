package schemas

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Bounds of a path; real ones are a fraction of this.
const (
	maxPathBytes = 1000
	maxSegments  = 32
)

// Path leads from a record to its values. It is resolved against the schema.
type Path struct {
	Text  string
	Steps []Step
	Type  Type   // of a column that keeps the list, if there is one
	Enum  string // the enum type of the value, or ""
	// Ordinal asks for the position of an element in the list at the end of the steps, instead of its value.
	Ordinal bool
}

// ordinal is the last segment of a path that gives the position of a row's element in its list, from 1.
const ordinal = "__ordinal"

// Step is one field of a path. A path through a connection has one step for
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
	Deprecated      string // reason of its deprecation; "" if there is none
	Doc             string // what the schema says of the field
}

// Doc says what the path leads to in the schema's words, step by step: "The
// disease it is about. The name of the disease."
func (p *Path) Doc() string {
	var parts []string
	for _, step := range p.Steps {
		if step.Doc == "" {
			return "" // the rest alone could describe something else
		}
		parts = append(parts, step.Doc)
	}
	return strings.Join(parts, " ")
}

// PathError says which segment of a path is wrong, and how to repair it.
type PathError struct {
	Path, Segment, What, Hint string
}

// Error is the fault and the hint, in one line.
func (e *PathError) Error() string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + "; " + e.Hint
}

// Resolve follows a path from a record of the node type to a value that a column can hold. Its error is a *PathError.
func (s *Schema) Resolve(node, path string) (*Path, error) {
	w, err := s.walk(node, path)
	if err != nil {
		return nil, err
	}
	if !w.ordinal && !w.def.IsLeafType() {
		return nil, w.fault(w.last(), fmt.Sprintf("%s is %s with fields of its own", path, wording.Article(w.def.Name)),
			"add a field: "+w.examples(path))
	}
	return w.path(), nil
}

// ResolveRows follows a path to the elements that become a table's rows: it goes
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
		return nil, w.fault(w.last(), fmt.Sprintf("%s is not a list and goes through no list, so it gives no rows", path),
			w.listHint(node))
	}
	return w.path(), nil
}

// Under is the type of the path's column in a table with one row per element
// of rows: the lists that both paths share give single values.
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
		case t.List && step.List: // a null inner list adds no element
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

// scalarKinds are the kinds of scalars on the wire; an unknown scalar stays JSON.
var scalarKinds = map[string]Kind{
	"Int": Int64, "Float": Float64, "Boolean": Bool, "String": String, "ID": String,
	"ISO8601DateTime": Timestamp, "ISO8601Date": Date,
}

// kindOf is the kind of a value of the type on the wire.
func kindOf(def *ast.Definition) Kind {
	switch def.Kind {
	case ast.Enum:
		return Enum
	case ast.Scalar:
		return cmp.Or(scalarKinds[def.Name], JSON)
	}
	return Object
}
