package pipelines

import "strings"

// parse gives the tree of the text, or nil after saying why there is none.
func (d *decoder) parse(data []byte) *node {
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
	case root.null():
		d.emptyFile()
		return nil
	}
	if root.kind != mapNode {
		d.fault(root.pos, d.language.beginning(), "a %s is a map of keys, this is %s", d.language.noun, describe(root))
		return nil
	}
	return root
}
