package transform

import (
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// column makes the leaf of a column and adds it to the tree.
func (c *compiler) column(t *table, spec *Column, index int, rows []schemas.Key) error {
	own := *spec // the caller may change its own later
	l := &leaf{column: &own, table: t, index: index}
	from := 0
	if !spec.Whole {
		from = l.setLevel(rows)
	}
	for _, k := range spec.Keys[from:] {
		l.listed = l.listed || k.List
	}
	if err := l.setRole(); err != nil {
		return err
	}
	if t.outer && l.level > 0 && !spec.Type.Nullable {
		return errors.New("must be nullable, as the table keeps records without an element (outer)")
	}
	t.leaves = append(t.leaves, l)
	if l.listed || l.role == asOrdinal {
		t.listLeaves[l.level] = append(t.listLeaves[l.level], l)
	}
	if l.level < t.levels {
		t.copied[l.level] = append(t.copied[l.level], l)
	}
	if l.role == asOrdinal {
		nodes, err := c.root.along(spec.Keys)
		l.node = nodes[len(nodes)-1]
		return err
	}
	return c.add(l, spec.Keys, from)
}

// setLevel counts the rows' lists on the column's path, and returns where the path continues after the last of them.
func (l *leaf) setLevel(rows []schemas.Key) (from int) {
	for i, k := range l.column.Keys {
		if i >= len(rows) || rows[i] != k {
			break
		}
		if k.List {
			l.level++
			from = i + 1
		}
	}
	return from
}

var roles = map[schemas.ListMode]role{
	schemas.Join: asJoin, schemas.AsJSON: asJSON, schemas.First: asFirst, schemas.Count: asCount,
	schemas.JoinInner: asInner,
}

// setRole chooses what the leaf does with values, and checks that the column's type fits.
func (l *leaf) setRole() error {
	c := l.column
	l.wants = wants(c.Wire)
	if l.listed {
		l.role = roles[c.Mode]
	}
	if c.Label != nil && l.role != asCount {
		l.labels = map[string]*jsonscan.Token{}
	}
	switch keepsList := l.listed && (l.role == asValue || l.role == asInner); {
	case len(c.Keys) == 0:
		return errors.New("has neither a path nor an expression")
	case c.Ordinal:
		return l.setOrdinal()
	case keepsList != c.Type.List:
		return fmt.Errorf("type %s does not go with list: %s of this path", c.Type, c.Mode)
	case l.role == asCount:
		l.wants = anyValue
		if !isInteger(c.Type.Kind) {
			return fmt.Errorf("a count is an integer, not a %s", c.Type.Kind)
		}
	case l.role == asJoin || l.role == asInner || l.role == asJSON:
		if !isText(c.Type.Kind) || !converts(c.Wire, schemas.String) {
			return fmt.Errorf("list: %s gives text, not a %s", c.Mode, c.Type.Kind)
		}
	case !converts(c.Wire, c.Type.Kind):
		return fmt.Errorf("%s values cannot become %s", c.Wire, c.Type.Kind)
	}
	return nil
}

func isInteger(k schemas.Kind) bool { return k == schemas.Int64 || k == schemas.Int32 }

func isText(k schemas.Kind) bool {
	return k == schemas.String || k == schemas.Enum || k == schemas.JSON
}

// setOrdinal makes the leaf give the places of the elements that are rows, or hold them.
func (l *leaf) setOrdinal() error {
	l.role = asOrdinal
	switch last := l.column.Keys[len(l.column.Keys)-1]; {
	case l.listed || !last.List || l.level == 0:
		return errors.New("an ordinal is the place of an element that makes the rows")
	case l.column.Type.List || !isInteger(l.column.Type.Kind):
		return fmt.Errorf("an ordinal is an integer, not a %s", l.column.Type)
	}
	return nil
}

// add adds the leaf to the tree; keys[from:] is its path from its context.
func (c *compiler) add(l *leaf, keys []schemas.Key, from int) error {
	nodes, err := c.root.along(keys)
	if err != nil {
		return err
	}
	n := nodes[len(nodes)-1]
	l.node = n
	n.leaves = append(n.leaves, l)
	for _, list := range nodes[from:] {
		if list.list {
			list.starts = append(list.starts, l)
			break
		}
	}
	if l.role == asInner {
		for !n.list {
			n = n.parent
		}
		n.inner = append(n.inner, l)
		if n = n.parent; n == nil || n.parent == nil {
			return errors.New("list: join_inner needs a list in a list")
		}
	}
	for n.nulls = append(n.nulls, l); !n.list && n.parent != nil; {
		n = n.parent
		n.nulls = append(n.nulls, l)
	}
	return nil
}
