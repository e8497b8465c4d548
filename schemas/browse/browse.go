// Package browse describes connections, types, fields and arguments of the API's
// schema to people who look for what to write in a spec.
//
// It takes a schema and a name or a word; it gives entries, which marshal as JSON. It
// never formats text for a terminal and never asks the network.
package browse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Lookup finds a connection, a type, or what a path from one of them leads to: evidenceItems, EvidenceItem,
// EvidenceItem.disease, variants.GeneVariant.coordinates. A name that is both a field and an argument gives both. The
// error for an unknown name suggests the nearest one.
func Lookup(s *schemas.Schema, name string) ([]*Entry, error) {
	b := browser{s, s.AST()}
	head, rest, deeper := strings.Cut(name, ".")
	if connection, err := s.Connection(head); err == nil {
		if deeper {
			return b.member(b.ast.Types[connection.Node], connection.Args, rest)
		}
		return []*Entry{b.connectionEntry(connection)}, nil
	}
	def := b.ast.Types[head]
	switch {
	case def == nil || strings.HasPrefix(head, "__"):
		return nil, b.unknownName(head)
	case deeper:
		return b.member(def, nil, rest)
	}
	return []*Entry{b.typeEntry(def)}, nil
}

// browser makes entries of one schema.
type browser struct {
	*schemas.Schema
	ast *ast.Schema
}

// Connections lists the connections, each with its arguments and the name of its records' type.
func Connections(s *schemas.Schema) []*Entry {
	b := browser{s, s.AST()}
	list := make([]*Entry, len(s.Connections()))
	for i, c := range s.Connections() {
		list[i] = b.connectionEntry(c)
		list[i].Of = &Entry{Kind: list[i].Of.Kind, Name: c.Node, Doc: list[i].Of.Doc}
	}
	return list
}

// Types lists the API's types by name, with their descriptions only.
func Types(s *schemas.Schema) []*Entry {
	var list []*Entry
	for _, def := range (browser{s, s.AST()}).ownTypes() {
		list = append(list, &Entry{Kind: typeKind(def), Name: def.Name, Doc: def.Description})
	}
	return list
}

func (b browser) unknownName(name string) error {
	var names []string
	for _, c := range b.Connections() {
		if name != "" && name == c.Single {
			return fmt.Errorf("%s gives one record, not a list; did you mean %s?", name, c.Name)
		}
		names = append(names, c.Name)
	}
	for _, def := range b.ownTypes() {
		names = append(names, def.Name)
	}
	return fmt.Errorf("the API has no connection or type %q; %s", wording.Shorten(name),
		schemas.DidYouMean(name, names, "search with civic-etl schema --find WORD"))
}

// ownTypes lists the types that the API itself defines, by name.
func (b browser) ownTypes() []*ast.Definition {
	var list []*ast.Definition
	for name, def := range b.ast.Types {
		if !strings.HasPrefix(name, "__") && !def.BuiltIn && def != b.ast.Query {
			list = append(list, def)
		}
	}
	slices.SortFunc(list, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// member follows a path of fields below a type. args are those of the
// connection the type comes from, if it comes from one.
func (b browser) member(def *ast.Definition, args ast.ArgumentDefinitionList, path string) ([]*Entry, error) {
	segment, rest, deeper := strings.Cut(path, ".")
	var found []*Entry
	if arg := args.ForName(segment); arg != nil && !deeper && !schemas.IsPaging(segment) {
		found = append(found, b.argEntry(arg))
	}
	if isType(segment) && deeper {
		// The error is that of a path: whether a value can have the type is its question.
		if _, err := b.Resolve(def.Name, segment+".__typename"); err != nil {
			return nil, err
		}
		return b.member(b.ast.Types[segment], nil, rest)
	}
	if value := def.EnumValues.ForName(segment); value != nil && !deeper {
		return []*Entry{valueEntry(value)}, nil
	}
	if isType(segment) && len(found) == 0 && def.IsCompositeType() {
		if _, err := b.Resolve(def.Name, segment+".__typename"); err != nil {
			return nil, err
		}
		return []*Entry{b.typeEntry(b.ast.Types[segment])}, nil
	}
	field := def.Fields.ForName(segment)
	if field == nil || strings.HasPrefix(segment, "__") {
		if len(found) > 0 {
			return found, nil
		}
		return nil, b.unknownMember(def, args, segment)
	}
	target := b.ast.Types[field.Type.Name()]
	if node := b.ConnectionNode(field); node != nil {
		target = node
	}
	if deeper {
		return b.member(target, field.Arguments, rest)
	}
	entry := b.fieldEntry(field)
	entry.Args = b.argEntries(field.Arguments)
	if !target.IsLeafType() {
		entry.Of = b.typeEntry(target)
	}
	return append([]*Entry{entry}, found...), nil
}

// isType reports whether a segment of a path narrows to a type.
func isType(segment string) bool { return segment != "" && segment[0] >= 'A' && segment[0] <= 'Z' }

func (b browser) unknownMember(def *ast.Definition, args ast.ArgumentDefinitionList, name string) error {
	if def.Kind == ast.Enum {
		return fmt.Errorf("%s has no value %q; there are %s",
			def.Name, wording.Shorten(name), wording.List(b.EnumValues(def.Name)))
	}
	if def.IsLeafType() {
		return fmt.Errorf("%s is a plain value and has no fields", def.Name)
	}
	members := slices.Concat(
		wording.Names(def.Fields, func(f *ast.FieldDefinition) string { return f.Name }),
		wording.Names(args, func(a *ast.ArgumentDefinition) string { return a.Name }))
	near := schemas.Nearest(name, members)
	if near != "" && def.Fields.ForName(near) == nil {
		return fmt.Errorf("%s has no field or argument %q; did you mean %s?", def.Name, wording.Shorten(name), near)
	}
	if _, err := b.Resolve(def.Name, name); err != nil && name != "" {
		return err // that of a path, with its hint
	}
	return fmt.Errorf("%s has no field %q", def.Name, name)
}
