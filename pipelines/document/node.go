package document

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Bounds of the tree of a spec; real ones are a fraction of this.
const (
	MaxDepth = 64
	maxNodes = 100_000
)

type nodeKind uint8

const (
	ScalarNode nodeKind = iota
	MapNode
	ListNode
)

// Node is one value of a spec with its place. Anchors are followed and merge
// keys resolved; ${…} is filled in when the text is read (decoder.scalar).
type Node struct {
	Kind    nodeKind
	Pos     Pos
	Text    string // of a scalar
	Plain   bool   // not quoted: may be a number, true, false or null
	block   bool   // | or >: its text begins on the next line
	Entries []Entry
	Items   []*Node
}

type Entry struct {
	Key    string
	Pos    Pos // of the key
	Value  *Node
	Merged bool // from a merge key: a key of the map itself goes before it
}

func (n *Node) Entry(key string) *Entry {
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Null says whether nothing stands where a value could.
func (n *Node) Null() bool {
	return n.Kind == ScalarNode && n.Plain && (n.Text == "" || n.Text == "~" || n.Text == "null" || n.Text == "Null" || n.Text == "NULL")
}

// tree makes nodes of what the YAML library read.
type tree struct {
	decoder *Decoder
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
func (t *tree) grow(n *yaml.Node, depth int) *Node {
	if t.full {
		return nil
	}
	if t.count++; t.count > maxNodes {
		t.full = true
		t.decoder.Fault(t.pos(n), "use fewer anchors or a smaller spec", "the spec unfolds to more than %d values", maxNodes)
		return nil
	}
	if depth > MaxDepth {
		t.decoder.Fault(t.pos(n), "a spec needs fewer than ten levels", "maps or lists are nested too deep")
		return nil
	}
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" {
		t.decoder.Fault(t.pos(n), "remove it", "the tag %s means nothing in a spec", wording.Quote(n.Tag))
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
	return &Node{
		Kind: ScalarNode, Pos: t.pos(n), Text: n.Value,
		Plain: n.Style&quoted == 0, block: n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0,
	}
}

func (t *tree) unfold(n *yaml.Node, depth int) *Node {
	if t.open[n.Alias] {
		t.decoder.Fault(t.pos(n), "an anchor's value cannot use the anchor itself", "the anchor %s contains itself", wording.Quote(n.Value))
		return nil
	}
	if t.open == nil {
		t.open = map[*yaml.Node]bool{}
	}
	t.open[n.Alias] = true
	defer delete(t.open, n.Alias)
	return t.grow(n.Alias, depth+1)
}

func (t *tree) growList(n *yaml.Node, depth int) *Node {
	list := &Node{Kind: ListNode, Pos: t.pos(n)}
	for _, item := range n.Content {
		if grown := t.grow(item, depth+1); grown != nil {
			list.Items = append(list.Items, grown)
		}
	}
	return list
}

func (t *tree) growMap(n *yaml.Node, depth int) *Node {
	m := &Node{Kind: MapNode, Pos: t.pos(n)}
	index := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			t.decoder.Fault(t.pos(n.Content[i]), "write `key: value`, and no space in ${…}", "a key is a list or a map")
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
		t.addEntry(m, index, Entry{Key: key.Value, Pos: t.pos(n.Content[i]), Value: value})
	}
	return m
}

// addEntry adds an entry; the first of two with one key stays, unless it was merged.
func (t *tree) addEntry(m *Node, index map[string]int, e Entry) {
	at, repeated := index[e.Key]
	switch {
	case !repeated:
		index[e.Key] = len(m.Entries)
		m.Entries = append(m.Entries, e)
	case m.Entries[at].Merged && !e.Merged:
		m.Entries[at] = e
	case !e.Merged:
		first := "before"
		if line := m.Entries[at].Pos.Line; line > 0 {
			first = fmt.Sprintf("on line %d", line)
		}
		t.decoder.Fault(e.Pos, "keep one of them", "the key %s stands here already, %s", wording.Quote(e.Key), first)
	}
}

// merge takes over the entries of the map, or list of maps, under a merge key.
func (t *tree) merge(m *Node, index map[string]int, from *Node) {
	switch from.Kind {
	case MapNode:
		for _, e := range from.Entries {
			e.Merged = true
			t.addEntry(m, index, e)
		}
	case ListNode:
		for _, item := range from.Items {
			if item.Kind != MapNode {
				t.merge(m, index, item)
				return
			}
			t.merge(m, index, item)
		}
	default:
		t.decoder.Fault(from.Pos, "write `<<: *anchor`", "<< merges a map, not %s", Describe(from))
	}
}
