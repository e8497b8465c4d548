package execute

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
)

// args are the coerced arguments of a field: int, float64, bool, string (also of enums), []any, map[string]any. A null
// argument is left out.
type args map[string]any

func (a args) int(name string) (int, bool) {
	v, ok := a[name].(int)
	return v, ok
}

// offset decodes the cursor that an argument holds. An argument that is not given is 0.
func (a args) offset(name string) (int, error) {
	if cursor, ok := a[name].(string); ok {
		return offsetOf(cursor)
	}
	return 0, nil
}

func pageArg(name string) bool {
	return name == "first" || name == "last" || name == "before" || name == "after"
}

// arguments evaluates the arguments of a field, defaults included.
func (x *execution) arguments(def *ast.FieldDefinition, f *ast.Field) (args, error) {
	if len(def.Arguments) == 0 {
		return nil, nil
	}
	out := args{}
	for _, d := range def.Arguments {
		value := d.DefaultValue
		if given := f.Arguments.ForName(d.Name); given != nil {
			value = given.Value
		}
		v, err := value.Value(x.op.variables)
		v, ok := x.coerce(d.Type, v)
		if err != nil || !ok {
			return nil, fatal{wording(fmt.Sprintf("Argument '%s' on Field '%s' has an invalid value (%s). Expected type '%s'.",
				d.Name, f.Name, value, d.Type))}
		}
		if v != nil {
			out[d.Name] = v
		}
	}
	return out, nil
}

// coerce converts the value of a literal or variable to the types of args. A single value becomes a list of one where
// the type is a list. It returns false if the value is not of the type.
func (x *execution) coerce(t *ast.Type, v any) (any, bool) {
	switch {
	case v == nil:
		return nil, !t.NonNull
	case t.Elem != nil:
		return x.coerceList(t, v)
	}
	if def := x.schema.Types[t.NamedType]; def.Kind == ast.InputObject {
		return x.coerceObject(def, v)
	}
	switch t.NamedType {
	case "Int":
		return wholeNumber(v)
	case "Float":
		f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		return f, err == nil
	case "ISO8601DateTime":
		return instant(v)
	}
	return v, true
}

func (x *execution) coerceList(t *ast.Type, v any) (any, bool) {
	list := listing.Elements(v)
	out := make([]any, len(list))
	for i, e := range list {
		var ok bool
		if out[i], ok = x.coerce(t.Elem, e); !ok {
			return nil, false
		}
	}
	return out, true
}

func (x *execution) coerceObject(def *ast.Definition, v any) (any, bool) {
	given, ok := v.(map[string]any)
	out := map[string]any{}
	for _, f := range def.Fields {
		value, valid := x.coerce(f.Type, given[f.Name])
		if value != nil {
			out[f.Name] = value
		}
		ok = ok && valid
	}
	return out, ok
}

// wholeNumber accepts an Int of GraphQL, which has 32 bits.
func wholeNumber(v any) (any, bool) {
	if f, ok := v.(float64); ok && f == math.Trunc(f) {
		v = int64(f)
	}
	switch v.(type) {
	case int64, json.Number:
		n, err := strconv.ParseInt(fmt.Sprint(v), 10, 32)
		return int(n), err == nil
	}
	return nil, false
}

// instant converts RFC 3339, or a day, to RFC 3339 in UTC, whose text sorts by time.
func instant(v any) (any, bool) {
	s, _ := v.(string)
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format("2006-01-02T15:04:05Z"), true
		}
	}
	return nil, false
}
