package schemas

import (
	"cmp"
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
	known := s.ast.Query.Fields.ForName(c.Name).Arguments
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if def := known.ForName(name); def != nil {
			parts = append(parts, name+": "+s.literal(def.Type, args[name]))
		}
	}
	return strings.Join(parts, ", ")
}

// literal writes a value of the type. Values inside a scalar that is not GraphQL's own
// have no type of their own: they are written by that of the scalar.
func (s *Schema) literal(t *ast.Type, v any) string {
	if _, isList := v.([]any); t.Elem != nil && !isList && v != nil {
		return "[" + s.literal(t.Elem, v) + "]"
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if s.baseType(t).Kind == ast.Enum {
			return v
		}
		return sdl.Quote(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, value := range v {
			parts[i] = s.literal(cmp.Or(t.Elem, t), value)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			field := t
			if def := s.baseType(t).Fields.ForName(name); def != nil {
				field = def.Type
			}
			parts = append(parts, name+": "+s.literal(field, v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
