package browse

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas"
)

// Entry describes one name of the API.
type Entry struct {
	Kind       string   `json:"kind"` // connection, object, interface, union, enum, input, scalar, field, argument, value
	Name       string   `json:"name"`
	Doc        string   `json:"doc,omitempty"`
	Type       string   `json:"type,omitempty"` // of fields and arguments: as GraphQL writes it
	Is         string   `json:"is,omitempty"`   // the same in the terms of columns: list<string>, Disease
	Nullable   bool     `json:"nullable,omitempty"`
	Paged      bool     `json:"paged,omitempty"` // a nested connection, of which a run reads all pages
	Required   bool     `json:"required,omitempty"`
	Default    string   `json:"default,omitempty"`
	Deprecated string   `json:"deprecated,omitempty"`
	Pages      *Pages   `json:"pages,omitempty"` // of connections
	Args       []*Entry `json:"args,omitempty"`
	Fields     []*Entry `json:"fields,omitempty"`
	Values     []*Entry `json:"values,omitempty"` // of enums, and of fields and arguments of an enum type
	Implements []string `json:"implements,omitempty"`
	Possible   []string `json:"possible,omitempty"` // the types that a value of an interface or union can have
	Of         *Entry   `json:"of,omitempty"`       // the type of a connection's records, or of a field's values
}

// Pages describes the paging of a connection.
type Pages struct {
	Max         int    `json:"max"`
	UniqueOrder bool   `json:"unique_order"`
	SortByID    bool   `json:"sort_by_id"`
	IDs         bool   `json:"ids"`
	LeftOut     string `json:"left_out,omitempty"`
	Single      string `json:"single,omitempty"`
}

func (b browser) connectionEntry(c *schemas.Connection) *Entry {
	return &Entry{
		Kind: "connection", Name: c.Name, Doc: c.Doc, Deprecated: c.Deprecated,
		Pages: &Pages{
			Max: c.MaxPage, UniqueOrder: c.UniqueOrder, SortByID: c.SortByID, IDs: c.IDs,
			LeftOut: c.DefaultFilter, Single: c.Single,
		},
		Of: b.typeEntry(b.ast.Types[c.Node]), Args: b.argEntries(c.Args),
	}
}

// argEntries are the arguments without those that page.
func (b browser) argEntries(args ast.ArgumentDefinitionList) []*Entry {
	var list []*Entry
	for _, arg := range schemas.WithoutPaging(args) {
		list = append(list, b.argEntry(arg))
	}
	return list
}

func (b browser) typeEntry(def *ast.Definition) *Entry {
	e := &Entry{
		Kind: typeKind(def), Name: def.Name, Doc: def.Description,
		Implements: slices.Sorted(slices.Values(def.Interfaces)),
	}
	if def.IsAbstractType() {
		e.Possible = b.ObjectNames(def)
	}
	for _, field := range def.Fields {
		if !strings.HasPrefix(field.Name, "__") {
			e.Fields = append(e.Fields, b.fieldEntry(field))
		}
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

func (b browser) fieldEntry(field *ast.FieldDefinition) *Entry {
	e := b.typedEntry("field", field.Name, field.Description, field.Type, field.DefaultValue)
	e.Nullable, e.Deprecated = !field.Type.NonNull, schemas.Deprecated(field.Directives)
	if node := b.ConnectionNode(field); node != nil {
		e.Paged, e.Is = true, "list<"+node.Name+">"
	}
	e.Required = slices.ContainsFunc(field.Arguments, schemas.Required)
	return e
}

func (b browser) argEntry(arg *ast.ArgumentDefinition) *Entry {
	e := b.typedEntry("argument", arg.Name, arg.Description, arg.Type, arg.DefaultValue)
	e.Required = schemas.Required(arg)
	if def := b.ast.Types[arg.Type.Name()]; def.Kind == ast.InputObject {
		e.Of = b.typeEntry(def)
	}
	return e
}

func (b browser) typedEntry(kind, name, doc string, t *ast.Type, byDefault *ast.Value) *Entry {
	e := &Entry{
		Kind: kind, Name: name, Doc: doc, Type: t.String(), Is: b.is(t),
		Values: valueEntries(b.ast.Types[t.Name()]),
	}
	if byDefault != nil {
		e.Default = byDefault.String()
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
	return &Entry{
		Kind: "value", Name: value.Name, Doc: value.Description, Deprecated: schemas.Deprecated(value.Directives),
	}
}

// is names a type in the terms of columns: the type of a path that ends here.
func (b browser) is(t *ast.Type) string {
	if t.Elem != nil {
		return "list<" + b.is(t.Elem) + ">"
	}
	def := b.ast.Types[t.NamedType]
	switch kind := b.Kind(def.Name); {
	case kind == schemas.Enum || !def.IsLeafType():
		return def.Name
	case kind == schemas.JSON:
		return "json"
	default:
		return kind.String()
	}
}
