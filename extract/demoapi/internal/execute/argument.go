package execute

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// args are the coerced arguments of a field: int, float64, bool, string (also of enums), []any, map[string]any. A null
// argument is left out.
type args map[string]any

func (a args) int(name string) (int, bool) {
	v, ok := a[name].(int)
	return v, ok
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
		if err == nil {
			v, err = x.coerce(d.Type, v)
		}
		if err != nil {
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
// the type is a list.
func (x *execution) coerce(t *ast.Type, v any) (any, error) {
	switch {
	case v == nil && t.NonNull:
		return nil, fmt.Errorf("null is no %s", t)
	case v == nil:
		return nil, nil
	case t.Elem != nil:
		return x.coerceList(t, v)
	}
	def := x.schema.Types[t.NamedType]
	if def != nil && def.Kind == ast.InputObject {
		return x.coerceObject(def, v)
	}
	switch t.NamedType {
	case "Int":
		return wholeNumber(v)
	case "Float":
		return strconv.ParseFloat(fmt.Sprint(v), 64)
	case "ISO8601DateTime":
		return instant(v)
	}
	return v, nil
}

func (x *execution) coerceList(t *ast.Type, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]any, len(list))
	for i, e := range list {
		var err error
		if out[i], err = x.coerce(t.Elem, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (x *execution) coerceObject(def *ast.Definition, v any) (any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%v is no %s", v, def.Name)
	}
	out := map[string]any{}
	for _, f := range def.Fields {
		fv, err := x.coerce(f.Type, given[f.Name])
		if err != nil {
			return nil, err
		}
		if fv != nil {
			out[f.Name] = fv
		}
	}
	return out, nil
}

// wholeNumber accepts an Int of GraphQL, which has 32 bits.
func wholeNumber(v any) (any, error) {
	var n int64
	var err error
	switch v := v.(type) {
	case int64:
		n = v
	case float64:
		if n = int64(v); float64(n) != v {
			err = fmt.Errorf("%v is no Int", v)
		}
	case json.Number:
		n, err = strconv.ParseInt(string(v), 10, 64)
	default:
		err = fmt.Errorf("%v is no Int", v)
	}
	if err == nil && (n > math.MaxInt32 || n < math.MinInt32) {
		err = fmt.Errorf("%d is no 32-bit Int", n)
	}
	return int(n), err
}

// instant converts RFC 3339, or a day, to RFC 3339 in UTC, whose text sorts by time.
func instant(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%v is no ISO8601DateTime", v)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format("2006-01-02T15:04:05Z"), nil
		}
	}
	return nil, fmt.Errorf("%q is no ISO8601DateTime", s)
}
