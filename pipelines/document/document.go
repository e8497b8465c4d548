// Package document reads a YAML file, such as a spec, into Go values that keep their positions. It takes the
// text, `--set` assignments and the tables of fields of a language. It gives the values, every fault with its
// place and a hint, and the JSON Schema of the language for editors. It never reads files or the environment by
// itself, and never shows the value of a variable in a fault.
package document

import "strings"

// Parse returns the tree of the text, or nil after reporting why there is none.
func (d *Decoder) Parse(data []byte) *Node {
	doc := d.parseYAML(data)
	if doc == nil {
		return nil
	}
	d.lines = strings.Split(string(data), "\n")
	t := &tree{decoder: d}
	root := t.convert(doc, 0)
	switch {
	case root == nil || t.full:
		return nil
	case root.Null():
		d.emptyFile()
		return nil
	case root.Kind != MapNode:
		d.Fault(root.Pos, d.Language.beginning(), "a %s is a map of keys, this is %s", d.Language.Noun, Describe(root))
		return nil
	}
	return root
}
