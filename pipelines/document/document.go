package document

import "strings"

// Parse gives the tree of the text, or nil after saying why there is none.
func (d *Decoder) Parse(data []byte) *Node {
	doc := d.parseYAML(data)
	if doc == nil {
		return nil
	}
	d.lines = strings.Split(string(data), "\n")
	t := &tree{decoder: d}
	root := t.grow(doc, 0)
	switch {
	case root == nil || t.full:
		return nil
	case root.Null():
		d.emptyFile()
		return nil
	}
	if root.Kind != MapNode {
		d.Fault(root.Pos, d.Language.beginning(), "a %s is a map of keys, this is %s", d.Language.Noun, Describe(root))
		return nil
	}
	return root
}
