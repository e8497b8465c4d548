package pipelines

import (
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// A shape is one kind of value a spec can hold. read makes the value of a node,
// whose name is its key path, and says every fault it finds; schema describes
// the same to an editor, as JSON Schema. Both stand side by side, so that they cannot
// drift apart.
type shape[V any] struct {
	schema map[string]any
	read   func(d *decoder, n *node, name string) (V, bool)
}

// A field is one key of a map in a spec, whose values a T holds.
type field[T any] struct {
	key      string
	doc      string
	absent   string // the value if the key is not there, as YAML
	required string // what to write if the key is not there, which is a fault
	to       binding[T]
}

// binding is a shape and the place in a T for its values.
type binding[T any] struct {
	schema map[string]any
	read   func(d *decoder, n *node, name string, to *T)
}

func into[T, V any](s shape[V], place func(*T) *V) binding[T] {
	return binding[T]{schema: s.schema, read: func(d *decoder, n *node, name string, to *T) {
		if v, ok := s.read(d, n, name); ok {
			*place(to) = v
		}
	}}
}

// marked is a part of a spec that remembers where its values stand.
type marked[T any] interface {
	*T
	mark(key string, n *node)
	has(key string) bool
}

// marks remembers the nodes of the keys an author wrote; "" is the map itself.
type marks struct{ nodes map[string]*node }

func (m *marks) mark(key string, n *node) {
	if m.nodes == nil {
		m.nodes = map[string]*node{}
	}
	m.nodes[key] = n
}

// has says whether the key was written, rightly or not.
func (m *marks) has(key string) bool { return m.nodes[key] != nil }

// at is the place of a key's value, or of the map if it has none.
func (m *marks) at(key string) Pos {
	for _, k := range []string{key, ""} {
		if n := m.nodes[k]; n != nil {
			return n.pos
		}
	}
	return Pos{}
}

// object is a map with the fields. Unknown keys are faults, and so are required
// ones that are not there. Where nothing stands, it is an empty map.
func object[T any, P marked[T]](doc string, fields []field[T]) shape[T] {
	return shape[T]{schema: objectSchema(doc, fields), read: func(d *decoder, n *node, name string) (T, bool) {
		var to T
		P(&to).mark("", n)
		if n.kind != mapNode && !n.null() {
			d.fault(n.pos, "write a map of "+fieldNames(fields), "%s is %s", d.subject(name), describe(n))
			return to, false
		}
		for _, meant := range d.unknownKeys(n, name, fieldKeys(fields)) {
			P(&to).mark("meant "+meant, n)
		}
		for _, f := range fields {
			e := n.entry(f.key)
			switch {
			case e != nil:
				P(&to).mark(f.key, e.value)
				f.to.read(d, e.value, join(name, f.key), &to)
			case f.required != "" && P(&to).has("meant "+f.key):
			case f.required != "":
				d.fault(n.pos, f.required, "%s is missing", join(name, f.key))
			case f.absent != "":
				f.to.read(d, absentNode(f.absent), join(name, f.key), &to)
			}
		}
		return to, true
	}}
}

// absentNode is the node of a default: a scalar, or an empty map.
func absentNode(text string) *node {
	if text == "{}" {
		return &node{kind: mapNode}
	}
	return &node{text: text, plain: true}
}

// unknownKeys says which keys there are not, and gives the ones they seem to
// stand for.
func (d *decoder) unknownKeys(n *node, name string, known []string) (meant []string) {
	for _, e := range n.entries {
		if slices.Contains(known, e.key) {
			continue
		}
		hint := "it takes " + strings.Join(known, ", ")
		if near := schemas.Nearest(e.key, known); near != "" {
			hint = "did you mean " + near + "?"
			meant = append(meant, near)
		}
		if known := d.language.misplaced[e.key]; known != "" && name != known {
			hint = "it belongs under " + known
		}
		d.fault(e.pos, hint, "%s has no key %s", d.subject(name), quote(e.key))
	}
	return meant
}

func fieldKeys[T any](fields []field[T]) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

func fieldNames[T any](fields []field[T]) string { return strings.Join(fieldKeys(fields), ", ") }

// subject is how a fault names a value: its key path, or the file as a whole.
func (d *decoder) subject(name string) string {
	if name == "" {
		return "the " + d.language.noun
	}
	return name
}

func objectSchema[T any](doc string, fields []field[T]) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		properties[f.key] = f.described()
		if f.required != "" {
			required = append(required, f.key)
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
func (f field[T]) described() map[string]any {
	s := map[string]any{"description": f.doc}
	for k, v := range f.to.schema {
		if k != "description" || f.doc == "" {
			s[k] = v
		}
	}
	if f.absent != "" && f.absent != "{}" {
		s["default"] = resolve(f.absent)
	}
	return s
}
