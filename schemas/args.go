package schemas

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// ArgFault is one wrong argument value. Path leads to it inside the arguments:
// names of arguments and input fields (string), positions in lists (int). Key says that
// the last name of it is wrong, rather than its value.
type ArgFault struct {
	Path       []any
	Key        bool
	What, Hint string
}

// CheckArgs checks argument values, as decoded from YAML or JSON (nil, bool,
// int, int64, uint64, float64, string, []any, map[string]any), against what
// the connection takes, and gives every fault, in the order of the names.
func (s *Schema) CheckArgs(c *Connection, args map[string]any) []ArgFault {
	check := &argCheck{schema: s}
	field := s.ast.Query.Fields.ForName(c.Name)
	var known []string
	for _, def := range field.Arguments {
		if !pages(def.Name) {
			known = append(known, def.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		path := []any{name}
		switch def := field.Arguments.ForName(name); {
		case pages(name):
			check.fault(path, fmt.Sprintf("%s is no argument to set: it pages", name), "use extract.page_size")
			check.markKey()
		case def == nil:
			check.unknown(path, fmt.Sprintf("%s has no argument %q", c.Name, shorten(name)), name, known)
			check.markKey()
		default:
			check.value(path, def.Type, args[name])
		}
	}
	for _, def := range field.Arguments {
		if _, given := args[def.Name]; !given && required(def) && !pages(def.Name) {
			check.fault([]any{def.Name}, fmt.Sprintf("%s needs the argument %s (%s)", c.Name, def.Name, def.Type), "give it a value")
		}
	}
	return check.faults
}

type argCheck struct {
	schema *Schema
	faults []ArgFault
}

func (a *argCheck) fault(path []any, what, hint string) {
	a.faults = append(a.faults, ArgFault{Path: slices.Clone(path), What: what, Hint: hint})
}

// markKey says that the newest fault is one of the key.
func (a *argCheck) markKey() { a.faults[len(a.faults)-1].Key = true }

func (a *argCheck) unknown(path []any, what, name string, candidates []string) {
	hint := "there are " + oneOf(candidates)
	if near := Nearest(name, candidates); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	} else if len(candidates) == 1 {
		hint = "there is only " + candidates[0]
	} else if len(candidates) == 0 {
		hint = "it takes none"
	}
	a.fault(path, what, hint)
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

// list takes a list, or one value for a list of one, as GraphQL does.
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
		a.mismatch(path, t, v, "write one of "+oneOf(enumNames(def)))
		return
	}
	if def.EnumValues.ForName(text) == nil {
		a.unknown(path, fmt.Sprintf("%s is no value of %s", strconv.Quote(shorten(text)), def.Name), text, enumNames(def))
	}
}

func enumNames(def *ast.Definition) []string {
	list := make([]string, len(def.EnumValues))
	for i, value := range def.EnumValues {
		list[i] = value.Name
	}
	return list
}

func (a *argCheck) input(path []any, t *ast.Type, def *ast.Definition, v any) {
	fields, ok := v.(map[string]any)
	if !ok {
		a.mismatch(path, t, v, "write "+inputExample(def))
		return
	}
	known := make([]string, len(def.Fields))
	for i, field := range def.Fields {
		known[i] = field.Name
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field := def.Fields.ForName(name)
		if field == nil {
			a.unknown(append(path, name), fmt.Sprintf("%s has no field %q", def.Name, shorten(name)), name, known)
			a.markKey()
			continue
		}
		a.value(append(path, name), field.Type, fields[name])
	}
	for _, field := range def.Fields {
		if _, given := fields[field.Name]; !given && field.Type.NonNull && field.DefaultValue == nil {
			a.fault(path, fmt.Sprintf("%s needs the field %s (%s)", def.Name, field.Name, field.Type), "write "+inputExample(def))
		}
	}
}

func inputExample(def *ast.Definition) string {
	text := "{"
	for i, field := range def.Fields {
		if i > 0 {
			text += ", "
		}
		text += field.Name + ": " + field.Type.Name()
	}
	return text + "}"
}

func (a *argCheck) scalar(path []any, t *ast.Type, v any) {
	switch t.NamedType {
	case "Int":
		a.integer(path, t, v)
	case "Float":
		if _, ok := number(v); !ok {
			a.mismatch(path, t, v, "write a number")
		}
	case "Boolean":
		if _, ok := v.(bool); !ok {
			a.mismatch(path, t, v, "write true or false")
		}
	case "String":
		if _, ok := v.(string); !ok {
			a.mismatch(path, t, v, "put it in quotes")
		}
	case "ID":
		if _, isText := v.(string); !isText && !whole(v) {
			a.mismatch(path, t, v, "write an id")
		}
	case "ISO8601DateTime":
		text, ok := v.(string)
		if _, err := time.Parse(time.RFC3339, text); !ok || err != nil {
			a.mismatch(path, t, v, `write it as RFC 3339, such as "2026-01-31T00:00:00Z"`)
		}
	}
}

func (a *argCheck) integer(path []any, t *ast.Type, v any) {
	n, ok := number(v)
	switch text, isText := v.(string); {
	case isText:
		hint := "write a whole number"
		if _, err := strconv.Atoi(text); err == nil {
			hint = "take the quotes off"
		}
		a.mismatch(path, t, v, hint)
	case !ok || !whole(v):
		a.mismatch(path, t, v, "write a whole number")
	case n < math.MinInt32 || n > math.MaxInt32:
		a.mismatch(path, t, v, "it is beyond 32 bits, which GraphQL's Int cannot hold")
	}
}

func whole(v any) bool {
	switch v.(type) {
	case int, int64, uint64:
		return true
	}
	return false
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}

func (a *argCheck) mismatch(path []any, t *ast.Type, v any, hint string) {
	a.fault(path, fmt.Sprintf("%s is %s, given %s", pathText(path), article(t.String()), describe(v)), hint)
}

// describe is a value as a fault names it: short whatever the value.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "the text " + strconv.Quote(shorten(v))
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	default:
		return fmt.Sprint(v)
	}
}

// shorten keeps the first 40 characters.
func shorten(text string) string {
	count := 0
	for i := range text {
		if count++; count > 40 {
			return text[:i] + "…"
		}
	}
	return text
}

func pathText(path []any) string {
	text := ""
	for _, part := range path {
		switch part := part.(type) {
		case int:
			text += fmt.Sprintf("[%d]", part)
		default:
			if text != "" {
				text += "."
			}
			text += fmt.Sprint(part)
		}
	}
	return text
}
