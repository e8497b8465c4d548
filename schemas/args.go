package schemas

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// ArgFault is one wrong argument value. Path leads to it inside the arguments:
// names of arguments and input fields (string), positions in lists (int).
type ArgFault struct {
	Path       []any
	What, Hint string
	InName     bool // the name is wrong, not its value
}

// CheckArgs checks argument values, as decoded from YAML or JSON (nil, bool, int, int64, uint64, float64, string,
// []any, map[string]any), against what the connection takes, and reports all faults, in the order of the names.
func (s *Schema) CheckArgs(c *Connection, args map[string]any) []ArgFault {
	return s.checkArgs(c, args).faults
}

// DeprecatedValues gives a fault for each enum value among the arguments that the
// API has deprecated. The arguments must have passed CheckArgs.
func (s *Schema) DeprecatedValues(c *Connection, args map[string]any) []ArgFault {
	return s.checkArgs(c, args).deprecated
}

func (s *Schema) checkArgs(c *Connection, args map[string]any) *argCheck {
	check := &argCheck{schema: s}
	field := s.ast.Query.Fields.ForName(c.Name)
	known := wording.Names(c.Args, func(a *ast.ArgumentDefinition) string { return a.Name })
	for _, name := range slices.Sorted(maps.Keys(args)) {
		path := []any{name}
		switch def := field.Arguments.ForName(name); {
		case IsPaging(name):
			check.nameFault(path, fmt.Sprintf("%s cannot be set: it controls paging", name), "use extract.page_size")
		case def == nil:
			what := fmt.Sprintf("%s has no argument %q", c.Name, wording.Shorten(name))
			check.nameFault(path, what, nearest(name, known))
		default:
			check.value(path, def.Type, args[name])
		}
	}
	for _, def := range WithoutPaging(field.Arguments) {
		if _, given := args[def.Name]; !given && Required(def) {
			what := fmt.Sprintf("%s needs the argument %s (%s)", c.Name, def.Name, def.Type)
			check.fault([]any{def.Name}, what, "give it a value")
		}
	}
	return check
}

type argCheck struct {
	schema             *Schema
	faults, deprecated []ArgFault
}

func (a *argCheck) fault(path []any, what, hint string) {
	a.faults = append(a.faults, ArgFault{Path: slices.Clone(path), What: what, Hint: hint})
}

func (a *argCheck) nameFault(path []any, what, hint string) {
	a.fault(path, what, hint)
	a.faults[len(a.faults)-1].InName = true
}

// nearest is the hint for a name that is not among the candidates.
func nearest(name string, candidates []string) string {
	others := "there are " + wording.List(candidates)
	switch len(candidates) {
	case 0:
		others = "it takes none"
	case 1:
		others = "the only one is " + candidates[0]
	}
	return DidYouMean(name, candidates, others)
}

func (a *argCheck) value(path []any, t *ast.Type, v any) {
	if v == nil {
		if t.NonNull {
			a.mismatch(path, t, v, "give it a value, or leave it out")
		}
		return
	}
	if t.Elem != nil {
		a.list(path, t, v)
		return
	}
	switch def := a.schema.ast.Types[t.NamedType]; def.Kind {
	case ast.Enum:
		a.enum(path, t, def, v)
	case ast.InputObject:
		a.input(path, t, def, v)
	default:
		a.scalar(path, t, v)
	}
}

// list accepts a list, or one value as a list of one, as GraphQL does.
func (a *argCheck) list(path []any, t *ast.Type, v any) {
	list, ok := v.([]any)
	if !ok {
		a.value(path, t.Elem, v)
		return
	}
	for i, elem := range list {
		a.value(append(path, i), t.Elem, elem)
	}
}

func (a *argCheck) enum(path []any, t *ast.Type, def *ast.Definition, v any) {
	text, ok := v.(string)
	if !ok {
		a.mismatch(path, t, v, "write one of "+wording.List(enumNames(def)))
		return
	}
	value := def.EnumValues.ForName(text)
	if value == nil {
		a.fault(path, fmt.Sprintf("%q is not a value of %s", wording.Shorten(text), def.Name), nearest(text, enumNames(def)))
	} else if why := Deprecated(value.Directives); why != "" {
		what := fmt.Sprintf("%s of %s is deprecated: %s", text, def.Name, why)
		a.deprecated = append(a.deprecated, ArgFault{Path: slices.Clone(path), What: what})
	}
}

func enumNames(def *ast.Definition) []string {
	return wording.Names(def.EnumValues, func(v *ast.EnumValueDefinition) string { return v.Name })
}

func (a *argCheck) input(path []any, t *ast.Type, def *ast.Definition, v any) {
	fields, ok := v.(map[string]any)
	if !ok {
		a.mismatch(path, t, v, "write "+inputExample(def))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field := def.Fields.ForName(name)
		if field == nil {
			what := fmt.Sprintf("%s has no field %q", def.Name, wording.Shorten(name))
			a.nameFault(append(path, name), what, nearest(name, fieldNames(def)))
			continue
		}
		a.value(append(path, name), field.Type, fields[name])
	}
	for _, field := range def.Fields {
		if _, given := fields[field.Name]; !given && field.Type.NonNull && field.DefaultValue == nil {
			what := fmt.Sprintf("%s needs the field %s (%s)", def.Name, field.Name, field.Type)
			a.fault(path, what, "write "+inputExample(def))
		}
	}
}

func inputExample(def *ast.Definition) string {
	fields := wording.Names(def.Fields, func(f *ast.FieldDefinition) string { return f.Name + ": " + f.Type.Name() })
	return "{" + strings.Join(fields, ", ") + "}"
}

func (a *argCheck) scalar(path []any, t *ast.Type, v any) {
	text, isText := v.(string)
	n, isWhole := number(v)
	ok, hint := true, ""
	switch t.NamedType {
	case "Int":
		a.integer(path, t, v)
	case "Float":
		ok, hint = !math.IsNaN(n) && !math.IsInf(n, 0), "write a number"
	case "Boolean":
		_, ok = v.(bool)
		hint = "write true or false"
	case "String":
		ok, hint = isText, "put it in quotes"
	case "ID":
		ok, hint = isText || isWhole, "write an id"
	case "ISO8601DateTime":
		_, err := time.Parse(time.RFC3339, text)
		ok, hint = isText && err == nil, `write it as RFC 3339, such as "2026-01-31T00:00:00Z"`
	}
	if !ok {
		a.mismatch(path, t, v, hint)
	}
}

func (a *argCheck) integer(path []any, t *ast.Type, v any) {
	hint := "write a whole number"
	n, isWhole := number(v)
	switch text, isText := v.(string); {
	case isText:
		if _, err := strconv.Atoi(text); err == nil {
			hint = "take the quotes off"
		}
	case isWhole && (n < math.MinInt32 || n > math.MaxInt32):
		hint = "GraphQL's Int holds 32 bits; write a smaller number"
	case isWhole:
		return
	}
	a.mismatch(path, t, v, hint)
}

// number is the value of a number, NaN for anything else.
func number(v any) (n float64, isWhole bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, false
	}
	return math.NaN(), false
}

func (a *argCheck) mismatch(path []any, t *ast.Type, v any, hint string) {
	a.fault(path, fmt.Sprintf("%s is %s, given %s", pathText(path), wording.Article(t.String()), describe(v)), hint)
}

// describe names a value in a fault, abridged.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "the text " + strconv.Quote(wording.Shorten(v))
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	default:
		return fmt.Sprint(v)
	}
}

func pathText(path []any) string {
	text := ""
	for _, part := range path {
		if i, ok := part.(int); ok {
			text += fmt.Sprintf("[%d]", i)
		} else {
			text += fmt.Sprintf(".%v", part)
		}
	}
	return strings.TrimPrefix(text, ".")
}
