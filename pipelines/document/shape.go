package document

import (
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// A shape is one kind of value a spec can hold. read makes the value of a node,
// whose name is its key path, and says every fault it finds; schema describes
// the same to an editor, as JSON Schema. Both stand side by side, so that they cannot
// drift apart.
type Shape[V any] struct {
	Schema map[string]any
	Read   func(d *Decoder, n *Node, name string) (V, bool)
}

// A field is one key of a map in a spec, whose values a T holds.
type Field[T any] struct {
	Key      string
	Doc      string
	Absent   string // the value if the key is not there, as YAML
	Required string // what to write if the key is not there, which is a fault
	To       Binding[T]
}

// Binding is a shape and the place in a T for its values.
type Binding[T any] struct {
	Schema map[string]any
	Read   func(d *Decoder, n *Node, name string, to *T)
}

func Into[T, V any](s Shape[V], place func(*T) *V) Binding[T] {
	return Binding[T]{Schema: s.Schema, Read: func(d *Decoder, n *Node, name string, to *T) {
		if v, ok := s.Read(d, n, name); ok {
			*place(to) = v
		}
	}}
}

// Marked is a part of a spec that remembers where its values stand.
type Marked[T any] interface {
	*T
	Mark(key string, n *Node)
	Has(key string) bool
}

// Marks remembers the nodes of the keys an author wrote; "" is the map itself.
type Marks struct{ Nodes map[string]*Node }

func (m *Marks) Mark(key string, n *Node) {
	if m.Nodes == nil {
		m.Nodes = map[string]*Node{}
	}
	m.Nodes[key] = n
}

// Has says whether the key was written, rightly or not.
func (m *Marks) Has(key string) bool { return m.Nodes[key] != nil }

// At is the place of a key's value, or of the map if it has none.
func (m *Marks) At(key string) Pos {
	for _, k := range []string{key, ""} {
		if n := m.Nodes[k]; n != nil {
			return n.Pos
		}
	}
	return Pos{}
}

// Object is a map with the fields. Unknown keys are faults, and so are required
// ones that are not there. Where nothing stands, it is an empty map.
func Object[T any, P Marked[T]](doc string, fields []Field[T]) Shape[T] {
	return Shape[T]{Schema: objectSchema(doc, fields), Read: func(d *Decoder, n *Node, name string) (T, bool) {
		var to T
		P(&to).Mark("", n)
		if n.Kind != MapNode && !n.Null() {
			d.Fault(n.Pos, "write a map of "+fieldNames(fields), "%s is %s", d.subject(name), Describe(n))
			return to, false
		}
		for _, meant := range d.UnknownKeys(n, name, FieldKeys(fields)) {
			P(&to).Mark("meant "+meant, n)
		}
		for _, f := range fields {
			e := n.Entry(f.Key)
			switch {
			case e != nil:
				P(&to).Mark(f.Key, e.Value)
				f.To.Read(d, e.Value, wording.Join(name, f.Key), &to)
			case f.Required != "" && P(&to).Has("meant "+f.Key):
			case f.Required != "":
				d.Fault(n.Pos, f.Required, "%s is missing", wording.Join(name, f.Key))
			case f.Absent != "":
				f.To.Read(d, absentNode(f.Absent), wording.Join(name, f.Key), &to)
			}
		}
		return to, true
	}}
}

// absentNode is the node of a default: a scalar, or an empty map.
func absentNode(text string) *Node {
	if text == "{}" {
		return &Node{Kind: MapNode}
	}
	return &Node{Text: text, Plain: true}
}

// UnknownKeys says which keys there are not, and gives the ones they seem to
// stand for.
func (d *Decoder) UnknownKeys(n *Node, name string, known []string) (meant []string) {
	for _, e := range n.Entries {
		if slices.Contains(known, e.Key) {
			continue
		}
		hint := "it takes " + strings.Join(known, ", ")
		if near := schemas.Nearest(e.Key, known); near != "" {
			hint = "did you mean " + near + "?"
			meant = append(meant, near)
		}
		if known := d.Language.Misplaced[e.Key]; known != "" && name != known {
			hint = "it belongs under " + known
		}
		d.Fault(e.Pos, hint, "%s has no key %s", d.subject(name), wording.Quote(e.Key))
	}
	return meant
}

func FieldKeys[T any](fields []Field[T]) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
	}
	return keys
}

func fieldNames[T any](fields []Field[T]) string { return strings.Join(FieldKeys(fields), ", ") }

// subject is how a fault names a value: its key path, or the file as a whole.
func (d *Decoder) subject(name string) string {
	if name == "" {
		return "the " + d.Language.Noun
	}
	return name
}

func objectSchema[T any](doc string, fields []Field[T]) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		properties[f.Key] = f.described()
		if f.Required != "" {
			required = append(required, f.Key)
		}
	}
	s := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if doc != "" {
		s["description"] = doc
	}
	if len(required) > 0 {
		s["type"], s["required"] = "object", required
	}
	return s
}

// described is the schema of the field's value, with what an editor shows.
func (f Field[T]) described() map[string]any {
	s := map[string]any{"description": f.Doc}
	for k, v := range f.To.Schema {
		if k != "description" || f.Doc == "" {
			s[k] = v
		}
	}
	if f.Absent != "" && f.Absent != "{}" {
		s["default"] = Resolve(f.Absent)
	}
	return s
}
