package transform

import (
	"fmt"
	"strconv"

	"github.com/civic-etl/civic-etl/schemas"
)

// node is a response key between a record and the columns. A record is read along the tree of all nodes.
type node struct {
	name   string
	key    string // as it stands in a page: "name":
	parent *node
	list   bool
	index  int // of a list: the element being read, or -1

	children []*node
	byName   map[string]*node
	// leaves take the value here, or each element of the list here.
	leaves []*leaf
	// nulls are the leaves that take a null if a null stands here or, for a list, in place
	// of an element: those below without a list between.
	nulls []*leaf
	// starts are the leaves whose outermost list this is: a list here, even an empty one, makes their value not null.
	starts []*leaf
	// inner are the leaves that join the elements of this list to one text.
	inner []*leaf
	// contexts are the tables whose rows are the elements of this list, or below them.
	contexts []context

	// first is the child that came first in the last object read here; after is the sibling that followed this node.
	// Answers keep the order of the selection, so both predict the next key.
	first, after *node
	// seen is the number of the object that this key was last seen in.
	seen uint64
}

// context is one level of a table's rows.
type context struct {
	table *table
	level int
}

// child returns the node of a key below n, and makes it if necessary.
func (n *node) child(k schemas.Key) (*node, error) {
	if c := n.byName[k.Name]; c != nil {
		if c.list != k.List {
			return nil, fmt.Errorf("response key %s is a list in one path and not in another", c.path(false))
		}
		return c, nil
	}
	c := &node{name: k.Name, key: `"` + k.Name + `":`, parent: n, list: k.List, byName: map[string]*node{}}
	n.byName[k.Name] = c
	if len(n.children) > 0 {
		n.children[len(n.children)-1].after = c
	} else {
		n.first = c
	}
	n.children = append(n.children, c)
	return c, nil
}

// along returns the nodes along keys, and makes them if necessary.
func (n *node) along(keys []schemas.Key) ([]*node, error) {
	nodes := make([]*node, len(keys))
	for i, k := range keys {
		var err error
		if n, err = n.child(k); err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// check finds a key that is both a value and an object.
func (n *node) check() error {
	if len(n.children) > 0 && len(n.leaves) > 0 {
		return fmt.Errorf("path %s ends at an object: name one of its fields", n.path(false))
	}
	for _, c := range n.children {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// path is the response path from the record, with the indexes of the elements being read.
func (n *node) path(indexes bool) string {
	if n == nil || n.parent == nil {
		return ""
	}
	text := n.name
	if n.list && indexes && n.index >= 0 {
		text += "[" + strconv.Itoa(n.index) + "]"
	}
	if up := n.parent.path(indexes); up != "" {
		text = up + "." + text
	}
	return text
}

// anyLeaf returns a leaf at or below the node, or nil.
func (n *node) anyLeaf() *leaf {
	for len(n.leaves) == 0 && len(n.children) > 0 {
		n = n.children[0]
	}
	if len(n.leaves) == 0 {
		return nil
	}
	return n.leaves[0]
}

func (n *node) takeNull(r *record) {
	for _, l := range n.nulls {
		l.takeNull(r)
	}
}

// noInner gives a null to the leaves that join a list that is null or missing.
func (n *node) noInner(r *record) {
	for _, l := range n.inner {
		l.takeNull(r)
	}
}

// missing gives nulls to the keys that an object did not have, for example because it
// has another type than a narrowing asks for. It returns end.
func (n *node) missing(r *record, stamp uint64, found, end int) int {
	if found == len(n.children) {
		return end
	}
	for _, c := range n.children {
		switch {
		case c.seen == stamp:
		case c.list:
			c.noInner(r)
		default:
			c.takeNull(r)
		}
	}
	return end
}
