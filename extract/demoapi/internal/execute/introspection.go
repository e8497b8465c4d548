package execute

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// schemaView answers __schema.
type schemaView struct{ schema *ast.Schema }

// Field implements record.Record.
func (v schemaView) Field(field string) any {
	switch field {
	case "description":
		return nil
	case "queryType":
		return typeView{v.schema, ast.NamedType(v.schema.Query.Name, nil)}
	case "mutationType", "subscriptionType":
		return nil
	case "types":
		out := []record.Record{}
		for _, name := range slices.Sorted(maps.Keys(v.schema.Types)) {
			out = append(out, typeView{v.schema, ast.NamedType(name, nil)})
		}
		return out
	case "directives":
		out := []record.Record{}
		for _, name := range slices.Sorted(maps.Keys(v.schema.Directives)) {
			out = append(out, directiveView{v.schema, v.schema.Directives[name]})
		}
		return out
	}
	return record.Unknown{}
}

// typeView answers __Type: a named type, or one wrapped in list or non-null.
type typeView struct {
	schema *ast.Schema
	t      *ast.Type
}

// Field implements record.Record.
func (v typeView) Field(field string) any {
	if v.t.NonNull || v.t.Elem != nil {
		return v.wrapped(field)
	}
	def := v.schema.Types[v.t.NamedType]
	switch field {
	case "kind":
		return string(def.Kind)
	case "name":
		return def.Name
	case "description":
		return described(def.Description)
	case "fields":
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			return nil
		}
		return fieldViews(v.schema, def.Fields)
	case "interfaces":
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			return nil
		}
		return namedViews(v.schema, def.Interfaces)
	case "possibleTypes":
		if !def.IsAbstractType() {
			return nil
		}
		names := []string{}
		for _, t := range v.schema.PossibleTypes[def.Name] {
			names = append(names, t.Name)
		}
		return namedViews(v.schema, names)
	case "enumValues":
		return enumViews(def)
	case "inputFields":
		if def.Kind != ast.InputObject {
			return nil
		}
		out := []record.Record{}
		for _, f := range def.Fields {
			out = append(out, inputView{v.schema, f.Name, f.Description, f.Type, f.DefaultValue})
		}
		return out
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

func described(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func namedViews(schema *ast.Schema, names []string) []record.Record {
	out := []record.Record{}
	for _, n := range names {
		out = append(out, typeView{schema, ast.NamedType(n, nil)})
	}
	return out
}

func enumViews(def *ast.Definition) any {
	if def.Kind != ast.Enum {
		return nil
	}
	out := []record.Record{}
	for _, e := range def.EnumValues {
		out = append(out, enumView{e})
	}
	return out
}

type enumView struct{ *ast.EnumValueDefinition }

// Field implements record.Record.
func (v enumView) Field(field string) any {
	switch field {
	case "isDeprecated", "deprecationReason":
		return deprecation(v.Directives, field)
	case "name":
		return v.Name
	case "description":
		return described(v.Description)
	}
	return record.Unknown{}
}

func fieldViews(schema *ast.Schema, list ast.FieldList) []record.Record {
	out := []record.Record{}
	for _, f := range list {
		if !strings.HasPrefix(f.Name, "__") {
			out = append(out, fieldView{schema, f})
		}
	}
	return out
}

type fieldView struct {
	schema *ast.Schema
	*ast.FieldDefinition
}

// Field implements record.Record.
func (v fieldView) Field(field string) any {
	switch field {
	case "name":
		return v.Name
	case "description":
		return described(v.Description)
	case "type":
		return typeView{v.schema, v.Type}
	case "args":
		return argumentViews(v.schema, v.Arguments)
	case "isDeprecated", "deprecationReason":
		return deprecation(v.Directives, field)
	}
	return record.Unknown{}
}

// deprecation answers the fields of @deprecated.
func deprecation(list ast.DirectiveList, field string) any {
	directive := list.ForName("deprecated")
	if field == "isDeprecated" {
		return directive != nil
	}
	if directive == nil {
		return nil
	}
	if reason := directive.Arguments.ForName("reason"); reason != nil {
		return reason.Value.Raw
	}
	return "No longer supported"
}

func argumentViews(schema *ast.Schema, list ast.ArgumentDefinitionList) []record.Record {
	out := []record.Record{}
	for _, a := range list {
		out = append(out, inputView{schema, a.Name, a.Description, a.Type, a.DefaultValue})
	}
	return out
}

// inputView answers __InputValue.
type inputView struct {
	schema      *ast.Schema
	name, about string
	t           *ast.Type
	def         *ast.Value
}

// Field implements record.Record.
func (v inputView) Field(field string) any {
	switch field {
	case "name":
		return v.name
	case "description":
		return described(v.about)
	case "type":
		return typeView{v.schema, v.t}
	case "defaultValue":
		if v.def == nil {
			return nil
		}
		return v.def.String()
	}
	return record.Unknown{}
}

type directiveView struct {
	schema *ast.Schema
	*ast.DirectiveDefinition
}

// Field implements record.Record.
func (v directiveView) Field(field string) any {
	switch field {
	case "name":
		return v.Name
	case "description":
		return described(v.Description)
	case "isRepeatable":
		return v.IsRepeatable
	case "args":
		return argumentViews(v.schema, v.Arguments)
	case "locations":
		out := []string{}
		for _, l := range v.Locations {
			out = append(out, string(l))
		}
		return out
	}
	return record.Unknown{}
}
