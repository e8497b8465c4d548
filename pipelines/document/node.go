package document

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Limits of the tree of a file. Real files use a small part of them.
const (
	MaxDepth = 64
	maxNodes = 100_000
)

type nodeKind uint8

// The kinds of a Node.
const (
	ScalarNode nodeKind = iota
	MapNode
	ListNode
)

// Node is one value of a file with its place. Aliases and merge keys are resolved;
// ${…} is filled in later (Decoder.Scalar).
type Node struct {
	Kind    nodeKind
	Pos     Pos
	Text    string // of a scalar
	Plain   bool   // not quoted: may be a number, true, false or null
	block   bool   // | or >: its text begins on the next line
	Entries []Entry
	Items   []*Node
}

// Entry is a key of a map with its value.
type Entry struct {
	Key    string
	Pos    Pos // of the key
	Value  *Node
	Merged bool // from a merge key: a key of the map itself takes precedence
}

// Entry returns the entry of a key, or nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.Entries, func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return nil
	}
	return &n.Entries[i]
}

// Value returns the value of a key, or nil.
func (n *Node) Value(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Null reports whether the node is an unquoted null or nothing.
func (n *Node) Null() bool { return n.Kind == ScalarNode && n.Plain && Resolve(n.Text) == nil }

// tree converts the nodes of the YAML library.
type tree struct {
	decoder *Decoder
	count   int
	aliases []*yaml.Node // being expanded
	flag    string       // the flag that the values come from, if not the file
	full    bool
}

func (t *tree) pos(n *yaml.Node) Pos {
	if t.flag != "" {
		return Pos{Flag: t.flag}
	}
	return Pos{Line: n.Line, Col: n.Column}
}

// convert returns the node for n, or nil after reporting why there is none.
func (t *tree) convert(n *yaml.Node, depth int) *Node {
	if t.full {
		return nil
	}
	if t.count++; t.count > maxNodes {
		t.full = true
		t.decoder.Fault(t.pos(n), "use fewer anchors or a smaller spec", "the spec expands to more than %d values", maxNodes)
		return nil
	}
	if depth > MaxDepth {
		t.decoder.Fault(t.pos(n), "a spec needs fewer than ten levels", "maps or lists are nested too deep")
		return nil
	}
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" {
		t.decoder.Fault(t.pos(n), "remove it", "the tag %s has no meaning in a spec", wording.Quote(n.Tag))
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return t.convert(n.Content[0], depth)
	case yaml.AliasNode:
		return t.expand(n, depth)
	case yaml.MappingNode:
		return t.convertMap(n, depth)
	case yaml.SequenceNode:
		return t.convertList(n, depth)
	}
	const block = yaml.LiteralStyle | yaml.FoldedStyle
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | block | yaml.TaggedStyle
	return &Node{
		Kind: ScalarNode, Pos: t.pos(n), Text: n.Value, Plain: n.Style&quoted == 0, block: n.Style&block != 0,
	}
}

func (t *tree) expand(n *yaml.Node, depth int) *Node {
	if slices.Contains(t.aliases, n.Alias) {
		t.decoder.Fault(t.pos(n), "an anchor's value cannot use the anchor itself",
			"the anchor %s contains itself", wording.Quote(n.Value))
		return nil
	}
	t.aliases = append(t.aliases, n.Alias)
	defer func() { t.aliases = t.aliases[:len(t.aliases)-1] }()
	return t.convert(n.Alias, depth+1)
}

func (t *tree) convertList(n *yaml.Node, depth int) *Node {
	list := &Node{Kind: ListNode, Pos: t.pos(n)}
	for _, item := range n.Content {
		if converted := t.convert(item, depth+1); converted != nil {
			list.Items = append(list.Items, converted)
		}
	}
	return list
}

func (t *tree) convertMap(n *yaml.Node, depth int) *Node {
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
		value := t.convert(n.Content[i+1], depth+1)
		switch {
		case value == nil:
		case key.Value == "<<" && key.Style == 0:
			t.merge(m, index, value)
		default:
			t.addEntry(m, index, Entry{Key: key.Value, Pos: t.pos(n.Content[i]), Value: value})
		}
	}
	return m
}

// addEntry adds an entry. The first of two with the same key stays, unless it was merged.
func (t *tree) addEntry(m *Node, index map[string]int, e Entry) {
	at, repeated := index[e.Key]
	switch {
	case !repeated:
		index[e.Key] = len(m.Entries)
		m.Entries = append(m.Entries, e)
	case e.Merged:
	case m.Entries[at].Merged:
		m.Entries[at] = e
	default:
		first := "before"
		if line := m.Entries[at].Pos.Line; line > 0 {
			first = fmt.Sprintf("on line %d", line)
		}
		t.decoder.Fault(e.Pos, "keep one of them", "the key %s is already set, %s", wording.Quote(e.Key), first)
	}
}

// merge adds the entries of the map, or list of maps, under a merge key.
func (t *tree) merge(m *Node, index map[string]int, from *Node) {
	switch from.Kind {
	case MapNode:
		for _, e := range from.Entries {
			e.Merged = true
			t.addEntry(m, index, e)
		}
	case ListNode:
		for _, item := range from.Items {
			t.merge(m, index, item)
		}
	default:
		t.decoder.Fault(from.Pos, "write `<<: *anchor`", "<< merges a map, not %s", Describe(from))
	}
}
