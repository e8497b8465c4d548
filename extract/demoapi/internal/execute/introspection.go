package execute

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// introspection answers __schema and __type.
type introspection struct{ *ast.Schema }

// views makes a record of each element of a list.
func views[T any, R record.Record](list []T, view func(T) R) []record.Record {
	return record.List(record.Map(list, view))
}

func (s introspection) schema() record.Record {
	directives := slices.Sorted(maps.Keys(s.Directives))
	return view{
		"queryType":  s.named(s.Query.Name),
		"types":      views(slices.Sorted(maps.Keys(s.Types)), s.named),
		"directives": views(directives, func(name string) view { return s.directive(s.Directives[name]) }),
	}
}

// typeView answers __Type: a named type, or one wrapped in list or non-null.
type typeView struct {
	schema introspection
	t      *ast.Type
}

func (s introspection) named(name string) typeView { return typeView{s, ast.NamedType(name, nil)} }

// Field implements record.Record.
func (v typeView) Field(field string) any {
	if v.t.NonNull || v.t.Elem != nil {
		return v.wrapped(field)
	}
	s, def := v.schema, v.schema.Types[v.t.NamedType]
	hasFields := def.Kind == ast.Object || def.Kind == ast.Interface
	switch {
	case field == "kind":
		return string(def.Kind)
	case field == "name":
		return def.Name
	case field == "description":
		return described(def.Description)
	case field == "fields" && hasFields:
		own := slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool {
			return strings.HasPrefix(f.Name, "__")
		})
		return views(own, s.field)
	case field == "interfaces" && hasFields:
		return views(def.Interfaces, s.named)
	case field == "possibleTypes" && def.IsAbstractType():
		return views(s.PossibleTypes[def.Name], func(t *ast.Definition) typeView { return s.named(t.Name) })
	case field == "enumValues" && def.Kind == ast.Enum:
		return views(def.EnumValues, enumValue)
	case field == "inputFields" && def.Kind == ast.InputObject:
		return views(def.Fields, func(f *ast.FieldDefinition) view {
			return s.input(f.Name, f.Description, f.Type, f.DefaultValue)
		})
	}
	return nil
}

func (v typeView) wrapped(field string) any {
	inner, kind := *v.t, "NON_NULL"
	inner.NonNull = false
	if !v.t.NonNull {
		inner, kind = *v.t.Elem, "LIST"
	}
	switch field {
	case "kind":
		return kind
	case "ofType":
		return typeView{v.schema, &inner}
	}
	return nil
}

func (s introspection) field(f *ast.FieldDefinition) view {
	deprecated, reason := deprecation(f.Directives)
	return view{"name": f.Name, "description": described(f.Description), "type": typeView{s, f.Type},
		"args": s.arguments(f.Arguments), "isDeprecated": deprecated, "deprecationReason": reason}
}

func enumValue(e *ast.EnumValueDefinition) view {
	deprecated, reason := deprecation(e.Directives)
	return view{"name": e.Name, "description": described(e.Description), "isDeprecated": deprecated,
		"deprecationReason": reason}
}

func (s introspection) arguments(list ast.ArgumentDefinitionList) []record.Record {
	return views(list, func(a *ast.ArgumentDefinition) view {
		return s.input(a.Name, a.Description, a.Type, a.DefaultValue)
	})
}

func (s introspection) input(name, description string, t *ast.Type, value *ast.Value) view {
	out := view{"name": name, "description": described(description), "type": typeView{s, t}, "defaultValue": nil}
	if value != nil {
		out["defaultValue"] = value.String()
	}
	return out
}

func (s introspection) directive(d *ast.DirectiveDefinition) view {
	locations := []string{}
	for _, l := range d.Locations {
		locations = append(locations, string(l))
	}
	return view{"name": d.Name, "description": described(d.Description), "isRepeatable": d.IsRepeatable,
		"args": s.arguments(d.Arguments), "locations": locations}
}

func described(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// deprecation returns the values of isDeprecated and deprecationReason.
func deprecation(list ast.DirectiveList) (is bool, reason any) {
	directive := list.ForName("deprecated")
	if directive == nil {
		return false, nil
	}
	if given := directive.Arguments.ForName("reason"); given != nil {
		return true, given.Value.Raw
	}
	return true, "No longer supported"
}
