package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Entry is what there is to know of one name of the API, for people who look
// for what to write in a spec.
type Entry struct {
	Kind       string   `json:"kind"` // connection, object, interface, union, enum, input, scalar, field, argument, value
	Name       string   `json:"name"`
	Doc        string   `json:"doc,omitempty"`
	Type       string   `json:"type,omitempty"` // of fields and arguments: as GraphQL writes it
	Is         string   `json:"is,omitempty"`   // the same in the words of columns: list<string>, Disease
	Nullable   bool     `json:"nullable,omitempty"`
	Paged      bool     `json:"paged,omitempty"` // a nested connection: all its pages are read
	Required   bool     `json:"required,omitempty"`
	Default    string   `json:"default,omitempty"`
	Deprecated string   `json:"deprecated,omitempty"`
	Pages      *Pages   `json:"pages,omitempty"` // of connections
	Args       []*Entry `json:"args,omitempty"`
	Fields     []*Entry `json:"fields,omitempty"`
	Values     []*Entry `json:"values,omitempty"` // of enums, and of what takes or gives one
	Implements []string `json:"implements,omitempty"`
	Possible   []string `json:"possible,omitempty"` // the types that a value of an interface or union can have
	Of         *Entry   `json:"of,omitempty"`       // the type of a connection's records, or of a field's values
}

// Pages is how a connection is read.
type Pages struct {
	Max         int    `json:"max"`
	UniqueOrder bool   `json:"unique_order"`
	SortByID    bool   `json:"sort_by_id"`
	IDs         bool   `json:"ids"`
	LeftOut     string `json:"left_out,omitempty"`
	Single      string `json:"single,omitempty"`
}

// Browse finds a connection, a type, or what a path from one of them leads to:
// evidenceItems, EvidenceItem, EvidenceItem.disease, variants.GeneVariant.coordinates.
// A name that is both a field and an argument gives both. The error of an
// unknown name has the nearest one.
func (s *Schema) Browse(name string) ([]*Entry, error) {
	head, rest, deeper := strings.Cut(name, ".")
	def := s.ast.Types[head]
	var args ast.ArgumentDefinitionList
	connection := s.find(head)
	switch {
	case connection != nil:
		def = s.ast.Types[connection.Node]
		args = s.ast.Query.Fields.ForName(head).Arguments
	case def == nil || strings.HasPrefix(head, "__"):
		return nil, s.unknownName(head)
	}
	switch {
	case !deeper && connection != nil:
		return []*Entry{s.connectionEntry(connection)}, nil
	case !deeper:
		return []*Entry{s.typeEntry(def)}, nil
	}
	return s.browseInto(def, args, rest)
}

// Overview lists the connections, each with its arguments and the name of its
// records' type.
func (s *Schema) Overview() []*Entry {
	list := make([]*Entry, len(s.connections))
	for i, c := range s.connections {
		list[i] = s.connectionEntry(c)
		list[i].Of = &Entry{Kind: list[i].Of.Kind, Name: c.Node, Doc: list[i].Of.Doc}
	}
	return list
}

// Types lists the API's types by name, with their descriptions and nothing else.
func (s *Schema) Types() []*Entry {
	var list []*Entry
	for _, def := range s.browsable() {
		list = append(list, &Entry{Kind: typeKind(def), Name: def.Name, Doc: def.Description})
	}
	return list
}

func (s *Schema) unknownName(name string) error {
	var names []string
	for _, c := range s.connections {
		if name != "" && name == c.Single {
			return fmt.Errorf("%s gives one record, not a list; did you mean %s?", name, c.Name)
		}
		names = append(names, c.Name)
	}
	for _, def := range s.browsable() {
		names = append(names, def.Name)
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Errorf("the API has no connection or type %q; did you mean %s?", name, near)
	}
	return fmt.Errorf("the API has no connection or type %q; search with civic-etl schema --find WORD", shorten(name))
}

// browsable are the types of the API that are its own, by name.
func (s *Schema) browsable() []*ast.Definition {
	var list []*ast.Definition
	for name, def := range s.ast.Types {
		if !strings.HasPrefix(name, "__") && !def.BuiltIn && def != s.ast.Query {
			list = append(list, def)
		}
	}
	slices.SortFunc(list, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// browseInto follows a path of fields below a type. args are those of the
// connection the type comes from, if it comes from one.
func (s *Schema) browseInto(def *ast.Definition, args ast.ArgumentDefinitionList, path string) ([]*Entry, error) {
	segment, rest, deeper := strings.Cut(path, ".")
	var found []*Entry
	if arg := args.ForName(segment); arg != nil && !deeper && !pages(segment) {
		found = append(found, s.argEntry(arg))
	}
	if segment != "" && segment[0] >= 'A' && segment[0] <= 'Z' && deeper {
		w := &walk{schema: s, text: path, def: def}
		if err := w.narrowTo(segment); err != nil {
			return nil, err
		}
		return s.browseInto(w.def, nil, rest)
	}
	if def.Kind == ast.Enum {
		if value := def.EnumValues.ForName(segment); value != nil && !deeper {
			return []*Entry{valueEntry(value)}, nil
		}
	}
	field := def.Fields.ForName(segment)
	if field == nil || strings.HasPrefix(segment, "__") {
		if len(found) > 0 {
			return found, nil
		}
		return nil, s.unknownMember(def, args, segment)
	}
	target := s.baseType(field.Type)
	if node := s.connectionNode(field); node != nil {
		target = node
	}
	if deeper {
		return s.browseInto(target, field.Arguments, rest)
	}
	entry := s.fieldEntry(field)
	for _, arg := range field.Arguments {
		if !pages(arg.Name) {
			entry.Args = append(entry.Args, s.argEntry(arg))
		}
	}
	if !leaf(target) {
		entry.Of = s.typeEntry(target)
	}
	return append([]*Entry{entry}, found...), nil
}

func (s *Schema) unknownMember(def *ast.Definition, args ast.ArgumentDefinitionList, name string) error {
	if def.Kind == ast.Enum {
		return fmt.Errorf("%s has no value %q; there are %s", def.Name, shorten(name), oneOf(enumNames(def)))
	}
	if leaf(def) {
		return fmt.Errorf("%s is a value, so nothing is below it", def.Name)
	}
	var members []string
	for _, field := range def.Fields {
		members = append(members, field.Name)
	}
	for _, arg := range args {
		members = append(members, arg.Name)
	}
	near := Nearest(name, members)
	if near != "" && def.Fields.ForName(near) == nil {
		return fmt.Errorf("%s has no field or argument %q; did you mean %s?", def.Name, shorten(name), near)
	}
	w := &walk{schema: s, text: name, def: def}
	return w.unknownField(name)
}

func (s *Schema) connectionEntry(c *Connection) *Entry {
	e := &Entry{
		Kind: "connection", Name: c.Name, Doc: c.Doc, Deprecated: c.Deprecated,
		Pages: &Pages{Max: c.MaxPage, UniqueOrder: c.UniqueOrder, SortByID: c.SortByID, IDs: c.IDs, LeftOut: c.DefaultFilter, Single: c.Single},
		Of:    s.typeEntry(s.ast.Types[c.Node]),
	}
	for _, arg := range s.ast.Query.Fields.ForName(c.Name).Arguments {
		if !pages(arg.Name) {
			e.Args = append(e.Args, s.argEntry(arg))
		}
	}
	return e
}

func (s *Schema) typeEntry(def *ast.Definition) *Entry {
	e := &Entry{Kind: typeKind(def), Name: def.Name, Doc: def.Description, Implements: slices.Sorted(slices.Values(def.Interfaces))}
	if def.IsAbstractType() {
		e.Possible = names(s.objects(def))
	}
	for _, field := range def.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		e.Fields = append(e.Fields, s.fieldEntry(field))
	}
	e.Values = valueEntries(def)
	return e
}

func typeKind(def *ast.Definition) string {
	if def.Kind == ast.InputObject {
		return "input"
	}
	return strings.ToLower(string(def.Kind))
}

func (s *Schema) fieldEntry(field *ast.FieldDefinition) *Entry {
	e := &Entry{
		Kind: "field", Name: field.Name, Doc: field.Description, Type: field.Type.String(), Is: s.is(field.Type),
		Nullable: !field.Type.NonNull, Deprecated: deprecated(field.Directives),
	}
	if node := s.connectionNode(field); node != nil {
		e.Paged, e.Is = true, "list<"+node.Name+">"
	}
	for _, arg := range field.Arguments {
		e.Required = e.Required || required(arg)
	}
	if field.DefaultValue != nil {
		e.Default = field.DefaultValue.String()
	}
	e.Values = valueEntries(s.baseType(field.Type))
	return e
}

func (s *Schema) argEntry(arg *ast.ArgumentDefinition) *Entry {
	a := readArg(arg)
	e := &Entry{Kind: "argument", Name: a.Name, Doc: a.Doc, Type: a.Type, Is: s.is(arg.Type), Required: a.Required, Default: a.Default}
	def := s.baseType(arg.Type)
	e.Values = valueEntries(def)
	if def.Kind == ast.InputObject {
		e.Of = s.typeEntry(def)
	}
	return e
}

func valueEntries(def *ast.Definition) []*Entry {
	var list []*Entry
	for _, value := range def.EnumValues {
		list = append(list, valueEntry(value))
	}
	return list
}

func valueEntry(value *ast.EnumValueDefinition) *Entry {
	return &Entry{Kind: "value", Name: value.Name, Doc: value.Description, Deprecated: deprecated(value.Directives)}
}

// is names a type in the words of columns: what a path that ends here gives.
func (s *Schema) is(t *ast.Type) string {
	if t.Elem != nil {
		return "list<" + s.is(t.Elem) + ">"
	}
	def := s.ast.Types[t.NamedType]
	switch kind := kindOf(def); {
	case kind == Enum || !leaf(def):
		return def.Name
	case kind == JSON:
		return "json"
	default:
		return kind.String()
	}
}
