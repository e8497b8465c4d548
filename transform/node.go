package transform

import (
	"fmt"
	"strconv"

	"github.com/civic-etl/civic-etl/schemas"
)

// node is a response key on the way from a record to the columns: the tree of
// all of them is what a record is read along.
type node struct {
	name   string
	key    key
	parent *node
	list   bool
	index  int // of a list: the element being read

	children []*node
	byName   map[string]*node
	// leaves take the value here, or each element of the list here.
	leaves []*leaf
	// nulls are the leaves that get no value if a null stands here, or, for a list, in place of
	// an element: those below with no list between.
	nulls []*leaf
	// opens are the leaves whose outermost list this is: a list here, even
	// an empty one, makes theirs not null.
	opens []*leaf
	// contexts are the tables for which an element of this list is a row, or holds rows.
	contexts []context

	// first is the child that came first in the last object read here, after the sibling that
	// followed this node: answers keep the selection's order, so they tell the next key.
	first, after *node
	// seen is the number of the object this key was last seen in.
	seen uint64
}

// context is one level of a table's rows.
type context struct {
	table *table
	level int
}

// child gives the node of a key below n, made if need be.
func (n *node) child(k schemas.Key) (*node, error) {
	if c := n.byName[k.Name]; c != nil {
		if c.list != k.List {
			return nil, fmt.Errorf("response key %s is a list in one path and not in another", c.path(false))
		}
		return c, nil
	}
	c := &node{name: k.Name, key: newKey(k.Name), parent: n, list: k.List, byName: map[string]*node{}}
	n.byName[k.Name] = c
	if len(n.children) > 0 {
		n.children[len(n.children)-1].after = c
	} else {
		n.first = c
	}
	n.children = append(n.children, c)
	return c, nil
}

// walk gives the nodes along keys, made if need be.
func (n *node) walk(keys []schemas.Key) ([]*node, error) {
	way := make([]*node, len(keys))
	for i, k := range keys {
		var err error
		if n, err = n.child(k); err != nil {
			return nil, err
		}
		way[i] = n
	}
	return way, nil
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
