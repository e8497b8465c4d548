package document

import (
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Words is a list of names; hint says what they are, such as `a list of columns`.
func Words(what string) Shape[[]Word] {
	element := SomeText(nil)
	s := map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": element.Schema}
	return Shape[[]Word]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]Word, bool) {
		if n.Kind != ListNode || len(n.Items) == 0 {
			d.Fault(n.Pos, "write a list of "+what+", such as [id]", "%s is %s", name, DescribeEmpty(n))
			return nil, false
		}
		var list []Word
		seen := map[string]bool{}
		for _, item := range n.Items {
			v, ok := element.Read(d, item, name)
			if ok && seen[v] {
				d.Fault(item.Pos, "name it once", "%s names %s twice", name, wording.Quote(v))
				continue
			}
			if ok {
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

func DescribeEmpty(n *Node) string {
	switch {
	case n.Kind == ListNode && len(n.Items) == 0:
		return "an empty list"
	case n.Kind == MapNode && len(n.Entries) == 0:
		return "an empty map"
	}
	return Describe(n)
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

// Naming is what a key of an open map may be.
type Naming struct {
	What  string // a column, a table
	Check func(string) string
	// pattern says the same to an editor, as far as a pattern can.
	Pattern string
}

// MapOf is a map from names to values of one shape, in the author's order. put
// makes an element of a name, its place and a value.
func MapOf[V, E any](names Naming, element Shape[V], put func(name string, pos Pos, v V) E) Shape[[]E] {
	s := map[string]any{
		"type": "object", "minProperties": 1, "additionalProperties": element.Schema,
		"propertyNames": map[string]any{"pattern": names.Pattern},
	}
	return Shape[[]E]{Schema: s, Read: func(d *Decoder, n *Node, name string) ([]E, bool) {
		if n.Kind != MapNode || len(n.Entries) == 0 {
			d.Fault(n.Pos, "write a map with one line for each "+names.What, "%s is %s", name, DescribeEmpty(n))
			return nil, false
		}
		var list []E
		seen := map[string]string{}
		for _, e := range n.Entries {
			if wrong := names.Check(e.Key); wrong != "" {
				d.Fault(e.Pos, wrong, "%s cannot be the name of a %s", wording.Quote(e.Key), names.What)
			}
			folded := strings.ToLower(e.Key)
			if first, repeated := seen[folded]; repeated {
				d.Fault(e.Pos, "rename one: DuckDB and Spark do not tell upper from lower case", "the %ss %s and %s differ only in case", names.What, wording.Quote(first), wording.Quote(e.Key))
			}
			seen[folded] = e.Key
			if v, ok := element.Read(d, e.Value, wording.Join(name, e.Key)); ok {
				list = append(list, put(e.Key, e.Pos, v))
			}
		}
		return list, true
	}}
}
