package document

import (
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Word is a name in a list, with its place.
type Word struct {
	Text string
	Node *Node
}

// Words is a list of names; what says of what, for example `columns`.
func Words(what string) Shape[[]Word] {
	element := SomeText(nil)
	s := map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": element.Schema}
	return Shape[[]Word]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]Word, bool) {
		if n.Kind != ListNode || len(n.Items) == 0 {
			d.Fault(n.Pos, "write a list of "+what+", such as [id]", "%s is %s", name, Describe(n))
			return nil, false
		}
		var list []Word
		seen := map[string]bool{}
		for _, item := range n.Items {
			v, ok := element.Read(d, item, name)
			if ok && seen[v] {
				d.Fault(item.Pos, "name it once", "%s names %s twice", name, wording.Quote(v))
			} else if ok {
				seen[v] = true
				list = append(list, Word{Text: v, Node: item})
			}
		}
		return list, true
	}}
}

// OneOrMore is a name, or a list of names; what says of what.
func OneOrMore(what string, schema map[string]any) Shape[[]Word] {
	one, several := SomeText(schema), Words(what)
	s := map[string]any{"anyOf": []any{one.Schema, several.Schema}}
	return Shape[[]Word]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]Word, bool) {
		if n.Kind == ListNode {
			return several.Read(d, n, name)
		}
		text, ok := one.Read(d, n, name)
		return []Word{{Text: text, Node: n}}, ok
	}}
}

// ListOf is a list whose elements have one shape.
func ListOf[V any](element Shape[V], example string) Shape[[]V] {
	s := map[string]any{"type": []string{"array", "null"}, "items": element.Schema}
	return Shape[[]V]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]V, bool) {
		if n.Kind != ListNode && !n.Null() {
			d.Fault(n.Pos, "write a list: "+example, "%s is %s", name, Describe(n))
			return nil, false
		}
		var list []V
		for _, item := range n.Items {
			if v, ok := element.Read(d, item, name); ok {
				list = append(list, v)
			}
		}
		return list, true
	}}
}

// Naming is the rule for the keys of an open map.
type Naming struct {
	What    string                  // a column, a table
	Check   func(key string) string // returns what to write instead, or ""
	Pattern string                  // the rule for an editor, as far as a pattern can express it
}

// MapOf is a map from names to values of one shape, in the author's order. build makes an
// element of a name, its place and a value.
func MapOf[V, E any](names Naming, element Shape[V], build func(name string, pos Pos, v V) E) Shape[[]E] {
	s := map[string]any{
		"type": "object", "minProperties": 1, "additionalProperties": element.Schema,
		"propertyNames": map[string]any{"pattern": names.Pattern},
	}
	return Shape[[]E]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]E, bool) {
		if n.Kind != MapNode || len(n.Entries) == 0 {
			d.Fault(n.Pos, "write a map with one line for each "+names.What, "%s is %s", name, Describe(n))
			return nil, false
		}
		var list []E
		seen := map[string]string{}
		for _, e := range n.Entries {
			key := wording.Quote(e.Key)
			if hint := names.Check(e.Key); hint != "" {
				d.Fault(e.Pos, hint, "%s cannot be the name of a %s", key, names.What)
			}
			folded := strings.ToLower(e.Key)
			if first, repeated := seen[folded]; repeated {
				d.Fault(e.Pos, "rename one: DuckDB and Spark ignore case in names",
					"the %ss %s and %s differ only in case", names.What, wording.Quote(first), key)
			}
			seen[folded] = e.Key
			if v, ok := element.Read(d, e.Value, wording.Join(name, e.Key)); ok {
				list = append(list, build(e.Key, e.Pos, v))
			}
		}
		return list, true
	}}
}
