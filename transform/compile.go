package transform

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
	"github.com/civic-etl/civic-etl/transform/internal/column"
)

// compiler builds the tree of response keys and the tables.
type compiler struct {
	root   *node
	tables []*table
	mem    memory.Allocator
	lookup func(name string, key int64) []any
}

// Compile makes a decoder of the options, and checks them. Faults of a spec were found
// before, so the errors here name columns and not lines.
func Compile(o Options) (*Decoder, error) {
	if o.Connection == "" || len(o.Tables) == 0 {
		return nil, errors.New("a decoder needs a connection and at least one table")
	}
	if o.BatchRows <= 0 {
		o.BatchRows = defaultBatchRows
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	c := &compiler{root: &node{byName: map[string]*node{}}, mem: o.Allocator, lookup: o.Lookup}
	if err := c.compile(o); err != nil {
		return nil, err
	}
	d := &Decoder{
		root: c.root, tables: c.tables, batchRows: o.BatchRows,
		hasIDs: len(o.ID) > 0, isKnown: o.Known, seen: map[int64]struct{}{},
	}
	d.walker.record.table = c.tables[0].name
	d.envelope = envelope{scan: &d.walker.scan, connection: o.Connection, record: d.record}
	return d, nil
}

// compile checks everything before it allocates memory of the allocator.
func (c *compiler) compile(o Options) error {
	for i := range o.Tables {
		t, err := c.table(&o.Tables[i])
		if err != nil {
			return fmt.Errorf("table %s: %w", o.Tables[i].Name, err)
		}
		c.tables = append(c.tables, t)
	}
	if err := c.id(o.ID); err != nil {
		return err
	}
	if err := c.root.check(); err != nil {
		return err
	}
	for _, t := range c.tables {
		t.allocate(c.mem)
	}
	return nil
}

// id adds the leaf that takes the record's id.
func (c *compiler) id(keys []schemas.Key) error {
	if len(keys) == 0 {
		return nil
	}
	for _, k := range keys {
		if k.List {
			return fmt.Errorf("the record's id is a list (%s)", k.Name)
		}
	}
	spec := &Column{Name: "id", Wire: schemas.Int64}
	return c.add(&leaf{column: spec, table: c.tables[0], role: asID, wants: jsonscan.Number}, keys, 0)
}

// table compiles one table and adds its leaves to the tree.
func (c *compiler) table(spec *Table) (*table, error) {
	rows, err := toLastList(spec.Rows)
	if err != nil {
		return nil, err
	}
	t := &table{name: spec.Name, outer: spec.Outer}
	if err := c.levels(t, rows); err != nil {
		return nil, err
	}
	var all, shown schemas.Table
	types := make([]schemas.Type, len(spec.Columns))
	for i := range spec.Columns {
		col := &spec.Columns[i]
		if all.Index(col.Name) >= 0 {
			return nil, fmt.Errorf("two columns are named %s", col.Name)
		}
		all.Columns = append(all.Columns, schemas.Column{Name: col.Name, Type: col.Type})
		types[i] = col.Type
		if !col.Hidden {
			shown.Columns = append(shown.Columns, all.Columns[i])
			t.shown = append(t.shown, i)
		}
		if col.Expr != "" || col.Lookup != "" {
			continue
		}
		if err := c.column(t, col, i, rows); err != nil {
			return nil, fmt.Errorf("column %s: %w", col.Name, err)
		}
	}
	t.schema, t.pool = shown.Arrow(), column.NewPool(types, c.mem)
	t.computed, err = newComputed(spec, c.lookup)
	return t, err
}

// toLastList leaves out the keys after the last list of the path to the rows.
func toLastList(keys []schemas.Key) ([]schemas.Key, error) {
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i].List {
			return keys[:i+1], nil
		}
	}
	if len(keys) > 0 {
		return nil, errors.New("rows: the path goes through no list")
	}
	return nil, nil
}

// levels marks the lists whose elements are the table's rows, or hold them.
func (c *compiler) levels(t *table, rows []schemas.Key) error {
	nodes, err := c.root.along(rows)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.list {
			t.levels++
			n.contexts = append(n.contexts, context{t, t.levels})
		}
	}
	t.listLeaves = make([][]*leaf, t.levels+1)
	t.copied = make([][]*leaf, t.levels+1)
	t.since = make([]int, t.levels+1)
	return nil
}

// allocate gives the table its memory.
func (t *table) allocate(mem memory.Allocator) {
	for _, l := range t.leaves {
		if l.level < t.levels {
			l.fill(column.New(l.column.Type, mem))
		}
	}
	t.newChunk()
}
