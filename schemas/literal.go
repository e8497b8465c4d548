package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/sdl"
)

// ArgsText is the arguments as GraphQL text, sorted by name:
//
//	ids: [1, 2], status: ACCEPTED
//
// The values must have passed CheckArgs.
func (s *Schema) ArgsText(c *Connection, args map[string]any) string {
	field := s.ast.Query.Fields.ForName(c.Name)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if def := field.Arguments.ForName(name); def != nil {
			parts = append(parts, name+": "+s.literal(def.Type, args[name]))
		}
	}
	return strings.Join(parts, ", ")
}

func (s *Schema) literal(t *ast.Type, v any) string {
	if v == nil {
		return "null"
	}
	if t.Elem != nil {
		return s.listLiteral(t.Elem, v)
	}
	def := s.ast.Types[t.NamedType]
	if fields, ok := v.(map[string]any); ok && def.Kind == ast.InputObject {
		return s.inputLiteral(def, fields)
	}
	if text, ok := v.(string); ok && def.Kind == ast.Enum {
		return text
	}
	return plainLiteral(v)
}

func (s *Schema) listLiteral(elem *ast.Type, v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	parts := make([]string, len(list))
	for i, value := range list {
		parts[i] = s.literal(elem, value)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (s *Schema) inputLiteral(def *ast.Definition, fields map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if field := def.Fields.ForName(name); field != nil {
			parts = append(parts, name+": "+s.literal(field.Type, fields[name]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// plainLiteral writes a value whose type does not define its form.
func plainLiteral(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return sdl.Quote(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, value := range v {
			parts[i] = plainLiteral(value)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+": "+plainLiteral(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return fmt.Sprint(v)
	}
}
