package pipelines

import "strings"

// words is a list of names; hint says what they are, such as `a list of columns`.
func words(what string) shape[[]word] {
	element := someText(nil)
	s := map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": element.schema}
	return shape[[]word]{schema: s, read: func(d *decoder, n *node, name string) ([]word, bool) {
		if n.kind != listNode || len(n.items) == 0 {
			d.fault(n.pos, "write a list of "+what+", such as [id]", "%s is %s", name, describeEmpty(n))
			return nil, false
		}
		var list []word
		seen := map[string]bool{}
		for _, item := range n.items {
			v, ok := element.read(d, item, name)
			if ok && seen[v] {
				d.fault(item.pos, "name it once", "%s names %s twice", name, quote(v))
				continue
			}
			if ok {
				seen[v] = true
				list = append(list, word{Text: v, node: item})
			}
		}
		return list, true
	}}
}

// oneOrMore is a name, or a list of names; what says of what.
func oneOrMore(what string, schema map[string]any) shape[[]word] {
	one, several := someText(schema), words(what)
	s := map[string]any{"anyOf": []any{one.schema, several.schema}}
	return shape[[]word]{schema: s, read: func(d *decoder, n *node, name string) ([]word, bool) {
		if n.kind == listNode {
			return several.read(d, n, name)
		}
		text, ok := one.read(d, n, name)
		return []word{{Text: text, node: n}}, ok
	}}
}

func describeEmpty(n *node) string {
	switch {
	case n.kind == listNode && len(n.items) == 0:
		return "an empty list"
	case n.kind == mapNode && len(n.entries) == 0:
		return "an empty map"
	}
	return describe(n)
}

// listOf is a list whose elements have one shape.
func listOf[V any](element shape[V], example string) shape[[]V] {
	s := map[string]any{"type": []string{"array", "null"}, "items": element.schema}
	return shape[[]V]{schema: s, read: func(d *decoder, n *node, name string) ([]V, bool) {
		if n.kind != listNode && !n.null() {
			d.fault(n.pos, "write a list: "+example, "%s is %s", name, describe(n))
			return nil, false
		}
		var list []V
		for _, item := range n.items {
			if v, ok := element.read(d, item, name); ok {
				list = append(list, v)
			}
		}
		return list, true
	}}
}

// naming is what a key of an open map may be.
type naming struct {
	what  string // a column, a table
	check func(string) string
	// pattern says the same to an editor, as far as a pattern can.
	pattern string
}

// mapOf is a map from names to values of one shape, in the author's order. put
// makes an element of a name, its place and a value.
func mapOf[V, E any](names naming, element shape[V], put func(name string, pos Pos, v V) E) shape[[]E] {
	s := map[string]any{
		"type": "object", "minProperties": 1, "additionalProperties": element.schema,
		"propertyNames": map[string]any{"pattern": names.pattern},
	}
	return shape[[]E]{schema: s, read: func(d *decoder, n *node, name string) ([]E, bool) {
		if n.kind != mapNode || len(n.entries) == 0 {
			d.fault(n.pos, "write a map with one line for each "+names.what, "%s is %s", name, describeEmpty(n))
			return nil, false
		}
		var list []E
		seen := map[string]string{}
		for _, e := range n.entries {
			if wrong := names.check(e.key); wrong != "" {
				d.fault(e.pos, wrong, "%s cannot be the name of a %s", quote(e.key), names.what)
			}
			folded := strings.ToLower(e.key)
			if first, repeated := seen[folded]; repeated {
				d.fault(e.pos, "rename one: DuckDB and Spark do not tell upper from lower case", "the %ss %s and %s differ only in case", names.what, quote(first), quote(e.key))
			}
			seen[folded] = e.key
			if v, ok := element.read(d, e.value, join(name, e.key)); ok {
				list = append(list, put(e.key, e.pos, v))
			}
		}
		return list, true
	}}
}
