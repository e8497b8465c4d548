package pipelines

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Bounds of the tree of a spec; real ones are a fraction of this.
const (
	maxDepth = 64
	maxNodes = 100_000
)

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

// node is one value of a spec with its place. Anchors are followed and merge
// keys resolved; ${…} is filled in when the text is read (decoder.scalar).
type node struct {
	kind    nodeKind
	pos     Pos
	text    string // of a scalar
	plain   bool   // not quoted: may be a number, true, false or null
	block   bool   // | or >: its text begins on the next line
	entries []entry
	items   []*node
}

type entry struct {
	key    string
	pos    Pos // of the key
	value  *node
	merged bool // from a merge key: a key of the map itself goes before it
}

func (n *node) entry(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// null says whether nothing stands where a value could.
func (n *node) null() bool {
	return n.kind == scalarNode && n.plain && (n.text == "" || n.text == "~" || n.text == "null" || n.text == "Null" || n.text == "NULL")
}

// tree makes nodes of what the YAML library read.
type tree struct {
	decoder *decoder
	count   int
	open    map[*yaml.Node]bool // anchored values being unfolded
	flag    string              // the values come from this flag, not the file
	full    bool
}

func (t *tree) pos(n *yaml.Node) Pos {
	if t.flag != "" {
		return Pos{Flag: t.flag}
	}
	return Pos{Line: n.Line, Col: n.Column}
}

// grow gives the node for n, or nil after saying why there is none.
func (t *tree) grow(n *yaml.Node, depth int) *node {
	if t.full {
		return nil
	}
	if t.count++; t.count > maxNodes {
		t.full = true
		t.decoder.fault(t.pos(n), "use fewer anchors or a smaller spec", "the spec unfolds to more than %d values", maxNodes)
		return nil
	}
	if depth > maxDepth {
		t.decoder.fault(t.pos(n), "a spec needs fewer than ten levels", "maps or lists are nested too deep")
		return nil
	}
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" {
		t.decoder.fault(t.pos(n), "remove it", "the tag %s means nothing in a spec", quote(n.Tag))
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return t.grow(n.Content[0], depth)
	case yaml.AliasNode:
		return t.unfold(n, depth)
	case yaml.MappingNode:
		return t.growMap(n, depth)
	case yaml.SequenceNode:
		return t.growList(n, depth)
	}
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle | yaml.TaggedStyle
	return &node{
		kind: scalarNode, pos: t.pos(n), text: n.Value,
		plain: n.Style&quoted == 0, block: n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0,
	}
}

func (t *tree) unfold(n *yaml.Node, depth int) *node {
	if t.open[n.Alias] {
		t.decoder.fault(t.pos(n), "an anchor's value cannot use the anchor itself", "the anchor %s contains itself", quote(n.Value))
		return nil
	}
	if t.open == nil {
		t.open = map[*yaml.Node]bool{}
	}
	t.open[n.Alias] = true
	defer delete(t.open, n.Alias)
	return t.grow(n.Alias, depth+1)
}

func (t *tree) growList(n *yaml.Node, depth int) *node {
	list := &node{kind: listNode, pos: t.pos(n)}
	for _, item := range n.Content {
		if grown := t.grow(item, depth+1); grown != nil {
			list.items = append(list.items, grown)
		}
	}
	return list
}

func (t *tree) growMap(n *yaml.Node, depth int) *node {
	m := &node{kind: mapNode, pos: t.pos(n)}
	index := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			t.decoder.fault(t.pos(n.Content[i]), "write `key: value`, and no space in ${…}", "a key is a list or a map")
			continue
		}
		value := t.grow(n.Content[i+1], depth+1)
		if value == nil {
			continue
		}
		if key.Value == "<<" && key.Style == 0 {
			t.merge(m, index, value)
			continue
		}
		t.addEntry(m, index, entry{key: key.Value, pos: t.pos(n.Content[i]), value: value})
	}
	return m
}

// addEntry adds an entry; the first of two with one key stays, unless it was merged.
func (t *tree) addEntry(m *node, index map[string]int, e entry) {
	at, repeated := index[e.key]
	switch {
	case !repeated:
		index[e.key] = len(m.entries)
		m.entries = append(m.entries, e)
	case m.entries[at].merged && !e.merged:
		m.entries[at] = e
	case !e.merged:
		first := "before"
		if line := m.entries[at].pos.Line; line > 0 {
			first = fmt.Sprintf("on line %d", line)
		}
		t.decoder.fault(e.pos, "keep one of them", "the key %s stands here already, %s", quote(e.key), first)
	}
}

// merge takes over the entries of the map, or list of maps, under a merge key.
func (t *tree) merge(m *node, index map[string]int, from *node) {
	switch from.kind {
	case mapNode:
		for _, e := range from.entries {
			e.merged = true
			t.addEntry(m, index, e)
		}
	case listNode:
		for _, item := range from.items {
			if item.kind != mapNode {
				t.merge(m, index, item)
				return
			}
			t.merge(m, index, item)
		}
	default:
		t.decoder.fault(from.pos, "write `<<: *anchor`", "<< merges a map, not %s", describe(from))
	}
}
