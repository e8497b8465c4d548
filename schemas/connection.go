package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Page sizes of the server, which clamps larger ones silently.
const (
	defaultPage = 100
	nestedPage  = 100 // inside a node, independent of the root connection
)

// Connection is a root field that lists records page by page, with what is
// known of how the server pages it. It must not be changed.
type Connection struct {
	Name          string
	Node          string // the type of its records
	Single        string // root field that gives one record by `id`; "" if there is none
	Doc           string
	Args          ast.ArgumentDefinitionList // without those of paging
	MaxPage       int                        // records; the server clamps a larger page silently
	UniqueOrder   bool                       // the server's own order has no ties
	SortByID      bool                       // sortBy takes column: ID
	IDs           bool                       // the `ids` argument takes the id of the nodes
	HasIDsArg     bool                       // there is an `ids` argument, whatever it matches
	DefaultFilter string                     // what the server omits unless an argument says otherwise; "" if nothing
	Deprecated    string                     // reason of its deprecation; "" if there is none
}

// Connections lists the root connections by name.
func (s *Schema) Connections() []*Connection { return s.connections }

// ConnectionError says that the API has no such connection, and what to write.
type ConnectionError struct{ What, Hint string }

func (e *ConnectionError) Error() string { return e.What + "; " + e.Hint }

// Connection finds a root connection. The error is a *ConnectionError.
func (s *Schema) Connection(name string) (*Connection, error) {
	if c := s.find(name); c != nil {
		return c, nil
	}
	names := make([]string, len(s.connections))
	for i, c := range s.connections {
		names[i] = c.Name
		if name != "" && name == c.Single {
			return nil, &ConnectionError{name + " gives one record, not a list", "did you mean " + c.Name + "?"}
		}
	}
	hint := DidYouMean(name, names, "there are "+strings.Join(names, ", "))
	return nil, &ConnectionError{fmt.Sprintf("the API has no connection %q", name), hint}
}

func (s *Schema) find(name string) *Connection {
	for _, c := range s.connections {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (s *Schema) readConnections(known *Schema) []*Connection {
	var list []*Connection
	for _, field := range s.ast.Query.Fields {
		if node := s.ConnectionNode(field); node != nil {
			list = append(list, s.readConnection(field, node, known))
		}
	}
	slices.SortFunc(list, func(a, b *Connection) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ConnectionNode gives the type of a field's nodes if the field is a connection that can be paged forwards, else nil.
func (s *Schema) ConnectionNode(field *ast.FieldDefinition) *ast.Definition {
	def := s.baseType(field.Type)
	if def.Kind != ast.Object || field.Type.Elem != nil {
		return nil
	}
	nodes := def.Fields.ForName("nodes")
	if nodes == nil || nodes.Type.Elem == nil || nodes.Type.Elem.Elem != nil || def.Fields.ForName("pageInfo") == nil {
		return nil
	}
	if field.Arguments.ForName("first") == nil || field.Arguments.ForName("after") == nil {
		return nil
	}
	return s.baseType(nodes.Type)
}

func (s *Schema) readConnection(field *ast.FieldDefinition, node *ast.Definition, known *Schema) *Connection {
	hasIDs := field.Arguments.ForName("ids") != nil
	c := &Connection{
		Name: field.Name, Node: node.Name, Single: s.single(node.Name), Doc: field.Description, MaxPage: defaultPage,
		Args: WithoutPaging(field.Arguments), SortByID: s.sortsByID(field), HasIDsArg: hasIDs, IDs: hasIDs,
		Deprecated: Deprecated(field.Directives),
	}
	c.readPaging(field)
	if known != nil {
		c.learn(known.find(c.Name))
	}
	return c
}

// readPaging applies the @paging directive, if the schema has it.
func (c *Connection) readPaging(field *ast.FieldDefinition) {
	directive := field.Directives.ForName("paging")
	if directive == nil {
		return
	}
	facts := directive.ArgumentMap(nil)
	if most, ok := facts["max"].(int64); ok && most > 0 && most <= 10_000 {
		c.MaxPage = int(most)
	}
	c.UniqueOrder, _ = facts["uniqueOrder"].(bool)
	matches, _ := facts["idsMatch"].(bool)
	c.IDs = c.HasIDsArg && matches
	c.DefaultFilter, _ = facts["defaultFilter"].(string)
}

// learn copies what another schema knows about the paging of the same connection.
func (c *Connection) learn(same *Connection) {
	if same == nil {
		return
	}
	c.MaxPage, c.UniqueOrder, c.DefaultFilter = same.MaxPage, same.UniqueOrder, same.DefaultFilter
	if same.HasIDsArg {
		c.IDs = c.HasIDsArg && same.IDs
	}
	if c.Doc == "" {
		c.Doc = same.Doc
	}
}

// IsPaging tells the arguments that page from those that select records.
func IsPaging(arg string) bool {
	return slices.Contains([]string{"first", "last", "before", "after"}, arg)
}

// WithoutPaging are the arguments that select records.
func WithoutPaging(args ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	return slices.DeleteFunc(slices.Clone(args), func(a *ast.ArgumentDefinition) bool { return IsPaging(a.Name) })
}

// Required says that an argument must be given.
func Required(def *ast.ArgumentDefinition) bool { return def.Type.NonNull && def.DefaultValue == nil }

// single finds the root field that gives one record of the type by id.
func (s *Schema) single(node string) string {
	for _, field := range s.ast.Query.Fields {
		id := field.Arguments.ForName("id")
		if id == nil || field.Type.NamedType != node || id.Type.NamedType != "Int" {
			continue
		}
		if !slices.ContainsFunc(field.Arguments, func(a *ast.ArgumentDefinition) bool { return a != id && Required(a) }) {
			return field.Name
		}
	}
	return ""
}

func (s *Schema) sortsByID(field *ast.FieldDefinition) bool {
	arg := field.Arguments.ForName("sortBy")
	if arg == nil {
		return false
	}
	column := s.baseType(arg.Type).Fields.ForName("column")
	return column != nil && s.baseType(column.Type).EnumValues.ForName("ID") != nil
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
