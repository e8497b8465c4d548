package schemas

import "github.com/vektah/gqlparser/v2/ast"

// DeprecatedValues gives a fault for each enum value among the arguments that the
// API has deprecated. The arguments must have passed CheckArgs.
func (s *Schema) DeprecatedValues(c *Connection, args map[string]any) []ArgFault {
	return s.checkArgs(c, args).deprecated
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
