package schemas

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// DeprecatedValues gives a fault for each enum value among the arguments that the
// API has deprecated. The arguments must have passed CheckArgs.
func (s *Schema) DeprecatedValues(c *Connection, args map[string]any) []ArgFault {
	check := &argCheck{schema: s}
	field := s.ast.Query.Fields.ForName(c.Name)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if def := field.Arguments.ForName(name); def != nil {
			check.deprecatedValues([]any{name}, def.Type.Name(), args[name])
		}
	}
	return check.faults
}

func (a *argCheck) deprecatedValues(path []any, name string, v any) {
	def := a.schema.ast.Types[name]
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			a.deprecatedValues(append(path, i), name, element)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if field := def.Fields.ForName(key); field != nil {
				a.deprecatedValues(append(path, key), field.Type.Name(), v[key])
			}
		}
	case string:
		if value := def.EnumValues.ForName(v); value != nil {
			if why := Deprecated(value.Directives); why != "" {
				a.fault(path, fmt.Sprintf("%s of %s is deprecated: %s", v, name, why), "")
			}
		}
	}
}

// Deprecated is the reason that @deprecated gives, or "" if the directive is absent.
func Deprecated(list ast.DirectiveList) string {
	directive := list.ForName("deprecated")
	if directive == nil {
		return ""
	}
	if reason := directive.Arguments.ForName("reason"); reason != nil && reason.Value.Raw != "" {
		return reason.Value.Raw
	}
	return "no longer supported"
}
