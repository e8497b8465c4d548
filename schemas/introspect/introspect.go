// Package introspect asks a server for its current definitions of the types that
// a query depends on, and puts them in place of the embedded ones.
//
// It takes a schema, a selection and the data of an answer; it gives the introspection query and a changed copy of
// the schema. It sends nothing itself and never changes the schema it was given.
package introspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/internal/sdl"
	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Dependencies lists the types that a query of the connection depends on: those of its
// arguments, and all that the selection goes through. It skips fields and types that
// the schema does not have, so that the selection may be of another version.
func Dependencies(s *schemas.Schema, connection string, args map[string]any, sel *schemas.Selection) []string {
	b := dependencies{schema: s.AST(), names: map[string]bool{}}
	b.add(b.schema.Query.Name)
	if field := b.schema.Query.Fields.ForName(connection); field != nil {
		for _, name := range slices.Concat(slices.Collect(maps.Keys(args)), []string{"sortBy"}) {
			if arg := field.Arguments.ForName(name); arg != nil {
				b.input(arg.Type.Name())
			}
		}
		b.connection(field.Type.Name(), sel.Fields)
	}
	return slices.Sorted(maps.Keys(b.names))
}

type dependencies struct {
	schema *ast.Schema
	names  map[string]bool
}

// add records a type and gives its definition, or nil if the schema has none.
func (b *dependencies) add(name string) *ast.Definition {
	if name != "" && !sdl.BuiltIn(name) {
		b.names[name] = true
	}
	return b.schema.Types[name]
}

// input records a type of arguments with the types of its fields.
func (b *dependencies) input(name string) {
	if b.names[name] {
		return
	}
	if def := b.add(name); def != nil && def.Kind == ast.InputObject {
		for _, field := range def.Fields {
			b.input(field.Type.Name())
		}
	}
}

// connection records a connection and what is selected of its nodes.
func (b *dependencies) connection(name string, fields []*schemas.Field) {
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

func (b *dependencies) fields(parent *ast.Definition, fields []*schemas.Field) {
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

// fragments ask for a type without its descriptions.
const fragments = `
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
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }
}
`

// Query is the introspection query for some types, each by name.
func Query(names []string) string {
	var b strings.Builder
	b.WriteString("query Types {\n")
	for i, name := range names {
		fmt.Fprintf(&b, "  t%d: __type(name: %s) { ...TypeParts }\n", i, sdl.Quote(name))
	}
	return b.String() + "}\n" + fragments
}

// Apply is the schema with the types that an answer to Query has in its data. Types that those refer to and the
// schema does not know are added without fields. A type that the server no longer has keeps its definition: the
// server's other types do not refer to it.
func Apply(s *schemas.Schema, data []byte) (*schemas.Schema, error) {
	var answers map[string]*sdl.Type
	if err := json.Unmarshal(data, &answers); err != nil {
		return nil, fmt.Errorf("read the introspection answer: %w", err)
	}
	var types []sdl.Type
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		if t := answers[key]; t != nil && !sdl.BuiltIn(t.Name) {
			types = append(types, *t)
		}
	}
	text, err := sdl.Definitions(types)
	if err != nil {
		return nil, err
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "introspection", Input: text})
	if err != nil {
		return nil, fmt.Errorf("the introspection answer is not a valid schema: %w", sdl.Fault(err))
	}
	changed := replace(s.AST(), doc.Definitions, types)
	if changed.Query == nil || len(changed.Query.Fields) == 0 {
		return nil, errors.New("the introspection answer has no Query type")
	}
	return s.With(changed), nil
}

// replace copies a schema with the definitions in place of those of the same name.
func replace(schema *ast.Schema, defs ast.DefinitionList, types []sdl.Type) *ast.Schema {
	changed := *schema
	changed.Types = maps.Clone(schema.Types)
	for _, t := range types {
		for name, kind := range t.References() {
			if changed.Types[name] == nil {
				changed.Types[name] = &ast.Definition{Name: name, Kind: ast.DefinitionKind(kind)}
			}
		}
	}
	for _, def := range defs {
		changed.Types[def.Name] = def
	}
	changed.Query = changed.Types[schema.Query.Name]
	possible := map[string][]string{}
	for name, list := range schema.PossibleTypes {
		possible[name] = wording.Names(list, func(def *ast.Definition) string { return def.Name })
	}
	for _, t := range types {
		if len(t.PossibleTypes) > 0 {
			possible[t.Name] = wording.Names(t.PossibleTypes, func(ref sdl.Ref) string { return ref.Name })
		}
	}
	changed.PossibleTypes = map[string][]*ast.Definition{}
	for name, list := range possible {
		for _, object := range list {
			changed.AddPossibleType(name, changed.Types[object])
		}
	}
	return &changed
}
