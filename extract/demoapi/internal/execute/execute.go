package execute

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/recorded"
)

// execution answers one operation. It writes values at once, in the order of the selection. A null in a non-null field
// truncates the output to the start of its parent.
type execution struct {
	engine *Engine
	schema *ast.Schema
	op     *operation
	viewer record.Record // nil: anonymous
	faults Faults
	edits
	number int // of the request

	out    []byte
	path   []any
	fields int
	errs   []graphError
	end    error // ends the request without data
}

// graphError is an entry of an answer's errors.
type graphError struct {
	Message   string     `json:"message"`
	Locations []location `json:"locations,omitempty"`
	Path      []any      `json:"path,omitempty"`

	Extensions map[string]string `json:"extensions,omitempty"`
}

// badInput is the code of an error that every attempt gets: nodes of the user's file lack a field of the query.
var badInput = map[string]string{"code": "BAD_USER_INPUT"}

// wording is an error in the server's own words.
type wording string

func (w wording) Error() string { return string(w) }

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// run appends the value of "data" to out and returns both, with the errors of fields. Its own error means that the
// answer has no data.
func (x *execution) run() ([]byte, []graphError, error) {
	mark := len(x.out)
	root := &selection{sets: []ast.SelectionSet{x.op.SelectionSet}}
	if !x.object(x.schema.Query, nil, root) {
		x.out = append(x.out[:mark], "null"...)
	}
	return x.out, x.errs, x.end
}

// object writes an object; the root has no record. It returns false if the object must be null.
func (x *execution) object(def *ast.Definition, rec record.Record, sel *selection) bool {
	plan, err := x.plan(sel, def)
	if err != nil {
		x.end = err
		return false
	}
	x.out = append(x.out, '{')
	for i, a := range plan {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = append(x.out, a.key...)
		x.path = append(x.path, a.name)
		ok := x.value(a, a.def.Type, x.resolve(def, rec, a))
		x.path = x.path[:len(x.path)-1]
		if !ok || x.end != nil {
			return false
		}
	}
	x.out = append(x.out, '}')
	return true
}

// resolve returns the value of a field; for a connection, a page.
func (x *execution) resolve(def *ast.Definition, rec record.Record, a *asked) any {
	if x.fields++; x.fields > maxFields {
		return fatal{errors.New("the answer holds too many values; ask for fewer fields or a smaller page")}
	}
	if a.def.Name == "__typename" {
		return def.Name
	}
	var v any
	if rec == nil {
		v = x.root(a)
	} else {
		v = rec.Field(a.def.Name)
	}
	if v == (any)(record.Unknown{}) {
		v = x.fallback(a)
	}
	if _, ok := v.(recorded.Missing); ok && !a.def.Type.NonNull {
		return nil
	}
	if !a.pages {
		return v
	}
	if r, ok := v.(recorded.Node); ok {
		if list, ok := r.Rows(); ok {
			return x.page(def, a, list)
		}
	}
	if rs, ok := v.(record.Rows); ok {
		return x.page(def, a, rs)
	}
	return v
}

// value writes a value of a type. It returns false if the parent must be null.
func (x *execution) value(a *asked, t *ast.Type, v any) bool {
	mark := len(x.out)
	if err, ok := v.(error); ok {
		x.fail(a, err)
	} else if v != nil && x.present(a, t, v) {
		return true
	} else if v == nil && t.NonNull {
		x.fail(a, wording("Cannot return null for non-nullable field "+a.def.Name))
	}
	x.out = x.out[:mark]
	if t.NonNull || x.end != nil {
		return false
	}
	x.out = append(x.out, "null"...)
	return true
}

// present writes a value that is not nil.
func (x *execution) present(a *asked, t *ast.Type, v any) bool {
	if t.Elem != nil {
		return x.list(a, t, v)
	}
	if a.leaf != noLeaf {
		out, err := appendLeaf(x.out, a.leaf, a.element, v)
		if err != nil {
			x.fail(a, fmt.Errorf("`%s` %w", a.def.Name, err))
			return false
		}
		x.out = out
		return true
	}
	rec, ok := v.(record.Record)
	if !ok {
		x.fail(a, fmt.Errorf("`%s`: %T is not an object", a.def.Name, v))
		return false
	}
	def, err := x.concrete(a.element, rec)
	if err != nil {
		x.fail(a, err)
		return false
	}
	return x.object(def, rec, a.sub)
}

func (x *execution) list(a *asked, t *ast.Type, v any) bool {
	x.out = append(x.out, '[')
	var ok bool
	switch list := v.(type) {
	case []record.Record:
		ok = each(x, a, t, list)
	case []string:
		ok = each(x, a, t, list)
	case []any:
		ok = each(x, a, t, list)
	default:
		x.fail(a, fmt.Errorf("`%s`: %T is not a list", a.def.Name, v))
		ok = false
	}
	x.out = append(x.out, ']')
	return ok
}

func each[T any](x *execution, a *asked, t *ast.Type, list []T) bool {
	for i, e := range list {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.path = append(x.path, i)
		ok := x.value(a, t.Elem, any(e))
		x.path = x.path[:len(x.path)-1]
		if !ok {
			return false
		}
	}
	return true
}

// fail records an error at the current path. A fatal one ends the request.
func (x *execution) fail(a *asked, err error) {
	if x.end != nil {
		return
	}
	if errors.As(err, &fatal{}) {
		x.end = err
		return
	}
	f := graphError{Message: err.Error(), Path: slices.Clone(x.path)}
	if p := a.field.Position; p != nil {
		f.Locations = []location{{p.Line, p.Column}}
	}
	if errors.As(err, &recorded.Missing{}) {
		f.Extensions = badInput
	}
	x.errs = append(x.errs, f)
}

// concrete returns the object type of a record where the schema has an interface or union.
func (x *execution) concrete(def *ast.Definition, rec record.Record) (*ast.Definition, error) {
	if def.Kind == ast.Object {
		return def, nil
	}
	if r, ok := rec.(recorded.Node); ok {
		return x.recordedType(def, r), nil
	}
	name := objectName(def.Name, rec)
	for _, t := range x.schema.PossibleTypes[def.Name] {
		if t.Name == name || name == "" {
			return t, nil
		}
	}
	return nil, fmt.Errorf("a %s is not a %s", name, def.Name)
}

// recordedType returns the object type of a recorded object: its __typename, else the only type that has all of its
// fields, else the abstract type, whose own fields still have answers.
func (x *execution) recordedType(def *ast.Definition, r recorded.Node) *ast.Definition {
	name, _ := r.Field("__typename").(string)
	var fits []*ast.Definition
	for _, t := range x.schema.PossibleTypes[def.Name] {
		if t.Name == name {
			return t
		}
		if name == "" && r.Fits(t) && !slices.Contains(fits, t) {
			fits = append(fits, t)
		}
	}
	if len(fits) == 1 {
		return fits[0]
	}
	return def
}

// typeMissing is the error of a recorded object whose type the query depends on and the file does not tell.
func typeMissing(def *ast.Definition) error {
	return fatal{fmt.Errorf("the recorded nodes do not tell which %s they hold: record __typename", def.Name)}
}
