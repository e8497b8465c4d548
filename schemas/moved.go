package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Behind names the types that a query of the connection rests on: those of its
// arguments, and all that the selection goes through. Fields and types that the
// schema does not have are passed over, so that it may be asked of a schema the
// selection was not made for.
func (s *Schema) Behind(connection string, args map[string]any, sel *Selection) []string {
	b := behind{schema: s, names: map[string]bool{}}
	b.add(s.ast.Query.Name)
	if field := s.ast.Query.Fields.ForName(connection); field != nil {
		for name := range args {
			if arg := field.Arguments.ForName(name); arg != nil {
				b.input(arg.Type.Name())
			}
		}
		if sort := field.Arguments.ForName("sortBy"); sort != nil {
			b.input(sort.Type.Name())
		}
		b.connection(field.Type.Name(), sel.Fields)
	}
	return slices.Sorted(maps.Keys(b.names))
}

type behind struct {
	schema *Schema
	names  map[string]bool
}

// add takes a type in, and gives it if the schema has it.
func (b *behind) add(name string) *ast.Definition {
	if name != "" && !builtIn(name) {
		b.names[name] = true
	}
	return b.schema.ast.Types[name]
}

// input takes in a type of arguments with the types of its fields.
func (b *behind) input(name string) {
	if b.names[name] {
		return
	}
	if def := b.add(name); def != nil && def.Kind == ast.InputObject {
		for _, field := range def.Fields {
			b.input(field.Type.Name())
		}
	}
}

// connection takes in a connection and what is selected of its nodes.
func (b *behind) connection(name string, fields []*Field) {
	def := b.add(name)
	if def == nil {
		return
	}
	if info := def.Fields.ForName("pageInfo"); info != nil {
		b.add(info.Type.Name())
	}
	if nodes := def.Fields.ForName("nodes"); nodes != nil {
		b.fields(b.add(nodes.Type.Name()), fields)
	}
}

func (b *behind) fields(parent *ast.Definition, fields []*Field) {
	for _, f := range fields {
		def := parent
		if f.Narrow != "" {
			def = b.add(f.Narrow)
		}
		if def == nil {
			continue
		}
		field := def.Fields.ForName(f.Name)
		switch {
		case field == nil:
		case f.Connection:
			b.connection(field.Type.Name(), f.Fields)
		default:
			b.fields(b.add(field.Type.Name()), f.Fields)
		}
	}
}

// introspectionFragments ask for a type without its descriptions.
const introspectionFragments = `
fragment TypeParts on __Type {
  kind
  name
  fields(includeDeprecated: true) { name isDeprecated deprecationReason args { ...InputParts } type { ...TypeRef } }
  inputFields { ...InputParts }
  interfaces { name }
  possibleTypes { name }
  enumValues(includeDeprecated: true) { name isDeprecated deprecationReason }
}
fragment InputParts on __InputValue { name defaultValue type { ...TypeRef } }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
`

// TypesQuery is the introspection query for some types, each by name.
func TypesQuery(names []string) string {
	var b strings.Builder
	b.WriteString("query Types {\n")
	for i, name := range names {
		fmt.Fprintf(&b, "  t%d: __type(name: %s) { ...TypeParts }\n", i, quote(name))
	}
	return b.String() + "}\n" + introspectionFragments
}

// Moved is the schema with some of its types as a server has them now: those in
// the data of an answer to TypesQuery. Types that they refer to and nobody
// knows yet have no fields. A type that the server has no more stays as it was:
// what the server says of the others does not lead there.
func (s *Schema) Moved(data []byte) (*Schema, error) {
	var answers map[string]*introspectedType
	if err := json.Unmarshal(data, &answers); err != nil {
		return nil, fmt.Errorf("read the introspection answer: %w", err)
	}
	w, stubs := &sdlWriter{}, map[string]ast.DefinitionKind{}
	possible := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		t := answers[key]
		if t == nil || builtIn(t.Name) {
			continue
		}
		t.stubs(stubs)
		w.typ(*t)
		for _, p := range t.PossibleTypes {
			possible[t.Name] = append(possible[t.Name], p.Name)
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "introspection", Input: w.String()})
	if err != nil {
		return nil, fmt.Errorf("the introspection answer is no valid schema: %w", plain(err))
	}
	moved := s.replace(doc.Definitions, stubs, possible)
	if moved.ast.Query == nil || len(moved.ast.Query.Fields) == 0 {
		return nil, errors.New("the introspection answer has no Query type")
	}
	return moved, nil
}

// stubs gathers the types that a type refers to, with their kinds.
func (t *introspectedType) stubs(into map[string]ast.DefinitionKind) {
	take := func(ref *introspectedRef) {
		for ref != nil && ref.OfType != nil {
			ref = ref.OfType
		}
		if ref != nil {
			into[ref.Name] = ast.DefinitionKind(ref.Kind)
		}
	}
	inputs := func(list []introspectedInput) {
		for _, in := range list {
			take(in.Type)
		}
	}
	for _, f := range t.Fields {
		take(f.Type)
		inputs(f.Args)
	}
	inputs(t.InputFields)
	for _, p := range t.PossibleTypes {
		into[p.Name] = ast.Object
	}
}

func (s *Schema) replace(defs ast.DefinitionList, stubs map[string]ast.DefinitionKind, possible map[string][]string) *Schema {
	copied := *s.ast
	copied.Types = maps.Clone(s.ast.Types)
	for name, kind := range stubs {
		if copied.Types[name] == nil {
			copied.Types[name] = &ast.Definition{Name: name, Kind: kind}
		}
	}
	for _, def := range defs {
		copied.Types[def.Name] = def
	}
	copied.Query = copied.Types[s.ast.Query.Name]
	copied.PossibleTypes = map[string][]*ast.Definition{}
	for name, list := range s.ast.PossibleTypes {
		if possible[name] == nil {
			for _, def := range list {
				copied.AddPossibleType(name, copied.Types[def.Name])
			}
		}
	}
	for name, list := range possible {
		for _, object := range list {
			copied.AddPossibleType(name, copied.Types[object])
		}
	}
	moved := &Schema{ast: &copied, sha256: s.sha256}
	moved.connections = moved.readConnections(s)
	return moved
}

// EnumValues are the names an enum type has, nil for any other type.
func (s *Schema) EnumValues(enum string) []string {
	def := s.ast.Types[enum]
	if def == nil || def.Kind != ast.Enum {
		return nil
	}
	return enumNames(def)
}

// Kind is what a value of the named type is.
func (s *Schema) Kind(name string) Kind {
	if def := s.ast.Types[name]; def != nil {
		return kindOf(def)
	}
	return Object
}

// DeprecatedValues finds the values of enums among arguments that the API gives
// up. The arguments must have passed CheckArgs.
func (s *Schema) DeprecatedValues(c *Connection, args map[string]any) []ArgFault {
	check := &argCheck{schema: s}
	field := s.ast.Query.Fields.ForName(c.Name)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if def := field.Arguments.ForName(name); def != nil {
			check.givenUp([]any{name}, def.Type.Name(), args[name])
		}
	}
	return check.faults
}

func (a *argCheck) givenUp(path []any, name string, v any) {
	def := a.schema.ast.Types[name]
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			a.givenUp(append(path, i), name, element)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if field := def.Fields.ForName(key); field != nil {
				a.givenUp(append(path, key), field.Type.Name(), v[key])
			}
		}
	case string:
		if value := def.EnumValues.ForName(v); value != nil {
			if why := deprecated(value.Directives); why != "" {
				a.fault(path, fmt.Sprintf("the API gives %s of %s up: %s", v, name, why), "")
			}
		}
	}
}
