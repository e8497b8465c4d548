package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// Shape is one kind of value that a file can hold. Read returns the value of a node and reports every fault in
// it; name is its key path. Schema describes the same values to an editor, as JSON Schema: both stand side by
// side, so that they cannot drift apart.
type Shape[V any] struct {
	Schema map[string]any
	Read   func(d *Decoder, n *Node, name string) (V, bool)
}

// Field is one key of a map whose values a T holds.
type Field[T any] struct {
	Key      string
	Doc      string
	Absent   string // the value if the key is missing, as YAML
	Required string // hint if the key is missing, which is a fault
	To       Binding[T]
}

// Binding is a shape and the place in a T for its values.
type Binding[T any] struct {
	Schema map[string]any
	Read   func(d *Decoder, n *Node, name string, to *T)
}

// Into binds a shape to a place in a T.
func Into[T, V any](s Shape[V], place func(*T) *V) Binding[T] {
	return Binding[T]{Schema: s.Schema, Read: func(d *Decoder, n *Node, name string, to *T) {
		if v, ok := s.Read(d, n, name); ok {
			*place(to) = v
		}
	}}
}

// Part is embedded in every struct that Object reads. It holds the map that the struct was read from.
type Part struct {
	Node     *Node
	misspelt []string // known keys that unknown ones resemble
}

func (p *Part) part() *Part { return p }

// Value returns the node under a key, or nil.
func (p *Part) Value(key string) *Node { return p.Node.Value(key) }

// Has reports whether the author wrote the key, with a valid value or not.
func (p *Part) Has(key string) bool { return p.Value(key) != nil }

// Misspelt reports whether an unknown key seems to mean this one.
func (p *Part) Misspelt(key string) bool { return slices.Contains(p.misspelt, key) }

// At returns the place of a key's value, or of the map if it has none.
func (p *Part) At(key string) Pos {
	switch value := p.Value(key); {
	case value != nil:
		return value.Pos
	case p.Node != nil:
		return p.Node.Pos
	}
	return Pos{}
}

// Object is a map with the fields. Unknown keys and missing required ones are faults. A null is an empty map.
func Object[T any, P interface {
	*T
	part() *Part
}](doc string, fields []Field[T]) Shape[T] {
	known := FieldKeys(fields)
	return Shape[T]{Schema: objectSchema(doc, fields), Read: func(d *Decoder, n *Node, name string) (T, bool) {
		var to T
		part := P(&to).part()
		part.Node = n
		if n.Kind != MapNode && !n.Null() {
			d.Fault(n.Pos, "write a map of "+strings.Join(known, ", "), "%s is %s", d.subject(name), Describe(n))
			return to, false
		}
		part.misspelt = d.UnknownKeys(n, name, known)
		for _, f := range fields {
			value, path := n.Value(f.Key), wording.Join(name, f.Key)
			switch {
			case value != nil:
				f.To.Read(d, value, path, &to)
			case f.Required != "" && !part.Misspelt(f.Key):
				d.Fault(n.Pos, f.Required, "%s is missing", path)
			case f.Absent != "":
				f.To.Read(d, absentNode(f.Absent), path, &to)
			}
		}
		return to, true
	}}
}

// absentNode returns the node of a default: a scalar, or an empty map.
func absentNode(text string) *Node {
	if text == "{}" {
		return &Node{Kind: MapNode}
	}
	return &Node{Text: text, Plain: true}
}

// UnknownKeys reports unknown keys, and returns the known ones that they resemble.
func (d *Decoder) UnknownKeys(n *Node, name string, known []string) (misspelt []string) {
	for _, e := range n.Entries {
		if slices.Contains(known, e.Key) {
			continue
		}
		hint := "it takes " + strings.Join(known, ", ")
		if near := schemas.Nearest(e.Key, known); near != "" {
			hint = "did you mean " + near + "?"
			misspelt = append(misspelt, near)
		}
		if home := d.Language.Misplaced[e.Key]; home != "" && name != home {
			hint = "it belongs under " + home
		}
		d.Fault(e.Pos, hint, "%s has no key %s", d.subject(name), wording.Quote(e.Key))
	}
	return misspelt
}

// FieldKeys returns the keys of the fields.
func FieldKeys[T any](fields []Field[T]) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
	}
	return keys
}

// subject names a value in a fault: its key path, or the file as a whole.
func (d *Decoder) subject(name string) string {
	if name == "" {
		return "the " + d.Language.Noun
	}
	return name
}

func objectSchema[T any](doc string, fields []Field[T]) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		properties[f.Key] = f.schema()
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

// schema is the schema of the field's value, with the field's own description and default.
func (f Field[T]) schema() map[string]any {
	s := maps.Clone(f.To.Schema)
	if f.Doc != "" {
		s["description"] = f.Doc
	}
	if f.Absent != "" && f.Absent != "{}" {
		s["default"] = Resolve(f.Absent)
	}
	return s
}
