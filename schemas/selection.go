package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Selection is the smallest set of fields that contains all its paths, in the order of the paths.
type Selection struct {
	Type   string
	Fields []*Field
}

// Field is one selected field. Key is the name of its value in the answer: Name, or Narrow_Name where another type
// condition selects a field of the same name, so that keys are unique.
type Field struct {
	Name, Key, Narrow, Type string
	List, Connection        bool
	Added                   bool   // no path asks for it: it tells the nodes of a connection apart
	Single                  string // of a connection: root field that gives one node by its id; "" if there is none
	Fields                  []*Field
}

// Select merges resolved paths into one selection on the node type.
func (s *Schema) Select(node string, paths ...*Path) *Selection {
	root := &Field{Type: node}
	for _, path := range paths {
		root.insert(path.Steps)
	}
	s.finish(root)
	return &Selection{Type: node, Fields: root.Fields}
}

func (f *Field) insert(steps []Step) {
	for _, step := range steps {
		child := f.child(step)
		if child == nil {
			child = &Field{
				Name: step.Field, Narrow: step.Narrow, Type: step.Type,
				List: step.List, Connection: step.Connection,
			}
			f.Fields = append(f.Fields, child)
		}
		f = child
	}
}

func (f *Field) child(step Step) *Field {
	for _, child := range f.Fields {
		if child.Name == step.Field && child.Narrow == step.Narrow {
			return child
		}
	}
	return nil
}

// identify selects the id of a connection's nodes, which are counted by it.
func (s *Schema) identify(f *Field) {
	for _, c := range s.connections {
		if c.Node == f.Type {
			f.Single = c.Single
		}
	}
	id := s.ast.Types[f.Type].Fields.ForName("id")
	if id == nil || f.child(Step{Field: "id"}) != nil {
		return
	}
	f.Fields = append(f.Fields, &Field{Name: "id", Type: id.Type.Name(), Added: true})
}

// finish groups fields by type condition, names the keys, and selects __typename of
// an object without fields, because GraphQL does not allow an empty selection.
func (s *Schema) finish(f *Field) {
	if f.Connection {
		s.identify(f)
	}
	if len(f.Fields) == 0 && !s.ast.Types[f.Type].IsLeafType() {
		f.Fields = []*Field{{Name: "__typename", Type: "String"}}
	}
	var order []string
	count := map[string]int{}
	for _, child := range f.Fields {
		if !slices.Contains(order, child.Narrow) {
			order = append(order, child.Narrow)
		}
		count[child.Name]++
	}
	slices.SortStableFunc(f.Fields, func(a, b *Field) int {
		return slices.Index(order, a.Narrow) - slices.Index(order, b.Narrow)
	})
	for _, child := range f.Fields {
		child.Key = child.Name
		if child.Narrow != "" && count[child.Name] > 1 {
			child.Key = child.Narrow + "_" + child.Name
		}
		s.finish(child)
	}
}

// Text is the body of the selection set as GraphQL, without its braces. Each line
// begins with the indent and ends with a line feed.
func (sel *Selection) Text(indent string) string {
	var b strings.Builder
	writeFields(&b, indent, sel.Fields)
	return b.String()
}

func writeFields(b *strings.Builder, indent string, fields []*Field) {
	for start := 0; start < len(fields); {
		narrow, end := fields[start].Narrow, start
		for end < len(fields) && fields[end].Narrow == narrow {
			end++
		}
		inner := indent
		if narrow != "" {
			fmt.Fprintf(b, "%s... on %s {\n", indent, narrow)
			inner += "  "
		}
		for _, field := range fields[start:end] {
			field.write(b, inner)
		}
		if narrow != "" {
			fmt.Fprintf(b, "%s}\n", indent)
		}
		start = end
	}
}

func (f *Field) write(b *strings.Builder, indent string) {
	b.WriteString(indent)
	if f.Key != f.Name {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Name)
	switch {
	case f.Connection:
		fmt.Fprintf(b, "(first: %d) {\n", nestedPage)
		fmt.Fprintf(b, "%[1]s  totalCount\n%[1]s  pageInfo { hasNextPage endCursor }\n%[1]s  nodes {\n", indent)
		writeFields(b, indent+"    ", f.Fields)
		fmt.Fprintf(b, "%s  }\n%s}\n", indent, indent)
	case len(f.Fields) > 0:
		b.WriteString(" {\n")
		writeFields(b, indent+"  ", f.Fields)
		fmt.Fprintf(b, "%s}\n", indent)
	default:
		b.WriteString("\n")
	}
}

// Keys are the response keys from a record to the values of one of the selection's paths; nil for any other path.
func (sel *Selection) Keys(p *Path) []Key {
	at := &Field{Fields: sel.Fields}
	keys := make([]Key, 0, len(p.Steps))
	for _, step := range p.Steps {
		if at = at.child(step); at == nil {
			return nil
		}
		keys = append(keys, Key{Name: at.Key, List: at.List && !at.Connection})
		if at.Connection {
			keys = append(keys, Key{Name: "nodes", List: true})
		}
	}
	return keys
}

// Branch is a selected field that is a connection or leads to one.
type Branch struct {
	Field *Field
	Inner map[string]*Branch // by response key; nil if no connection is below
}

// Branches finds the connections below some fields; nil if there are none.
func Branches(fields []*Field) map[string]*Branch {
	var found map[string]*Branch
	for _, f := range fields {
		inner := Branches(f.Fields)
		if !f.Connection && inner == nil {
			continue
		}
		if found == nil {
			found = map[string]*Branch{}
		}
		found[f.Key] = &Branch{f, inner}
	}
	return found
}
