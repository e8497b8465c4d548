package transform

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Compile makes a decoder of the options, which it checks: what a spec can get wrong
// was found by then, so its errors name columns and not lines.
func Compile(o Options) (*Decoder, error) {
	if o.Connection == "" || len(o.Tables) == 0 {
		return nil, errors.New("a decoder needs a connection and at least one table")
	}
	d := &Decoder{
		connection: o.Connection, root: &node{byName: map[string]*node{}}, batchRows: o.BatchRows,
		isKnown: o.Known, seen: map[int64]struct{}{},
	}
	if d.batchRows <= 0 {
		d.batchRows = defaultBatchRows
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	if err := d.compile(o); err != nil {
		return nil, err
	}
	return d, nil
}

// compile checks everything before it allocates anything.
func (d *Decoder) compile(o Options) error {
	for i := range o.Tables {
		t, err := d.table(&o.Tables[i], o.Allocator)
		if err != nil {
			return fmt.Errorf("table %s: %w", o.Tables[i].Name, err)
		}
		d.tables = append(d.tables, t)
	}
	if err := d.identify(o.ID); err != nil {
		return err
	}
	if err := d.root.check(); err != nil {
		return err
	}
	for _, t := range d.tables {
		t.allocate()
	}
	return nil
}

// identify plants the leaf that takes the record's id.
func (d *Decoder) identify(keys []schemas.Key) error {
	if len(keys) == 0 {
		return nil
	}
	for _, k := range keys {
		if k.List {
			return fmt.Errorf("the record's id is a list (%s)", k.Name)
		}
	}
	l := &leaf{column: &Column{Name: "id", Wire: schemas.Int64}, table: d.tables[0], take: takeID, wants: jsonscan.Number}
	d.identified = true
	return d.plant(l, keys, 0)
}

// table compiles one table and plants its leaves.
func (d *Decoder) table(spec *Table, mem memory.Allocator) (*table, error) {
	rows, err := toLastList(spec.Rows)
	if err != nil {
		return nil, err
	}
	t := &table{name: spec.Name, outer: spec.Outer, pool: &pool{mem: mem}}
	if err := d.levels(t, rows); err != nil {
		return nil, err
	}
	var shape, shown schemas.Table
	for i := range spec.Columns {
		c := &spec.Columns[i]
		if shape.Index(c.Name) >= 0 {
			return nil, fmt.Errorf("two columns are named %s", c.Name)
		}
		shape.Columns = append(shape.Columns, schemas.Column{Name: c.Name, Type: c.Type})
		if !c.Hidden {
			shown.Columns = append(shown.Columns, shape.Columns[i])
			t.shown = append(t.shown, i)
		}
		t.pool.types = append(t.pool.types, c.Type)
		if c.Expr != "" {
			continue
		}
		if err := d.column(t, c, i, rows); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	t.schema = shown.Arrow()
	t.computed, err = compute(spec)
	return t, err
}

// toLastList leaves out what follows the last list of the path to the rows.
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
func (d *Decoder) levels(t *table, rows []schemas.Key) error {
	way, err := d.root.walk(rows)
	if err != nil {
		return err
	}
	for _, n := range way {
		if n.list {
			t.levels++
			n.contexts = append(n.contexts, context{t, t.levels})
		}
	}
	t.lists = make([][]*leaf, t.levels+1)
	t.staged = make([][]*leaf, t.levels+1)
	t.since = make([]int, t.levels+1)
	return nil
}

// column makes the leaf of a column and plants it.
func (d *Decoder) column(t *table, c *Column, index int, rows []schemas.Key) error {
	own := *c // the caller may change its own afterwards
	l := &leaf{column: &own, table: t, index: index}
	from := 0
	if !c.Whole {
		from = l.share(rows)
	}
	for _, k := range c.Keys[from:] {
		l.listed = l.listed || k.List
	}
	if err := l.choose(); err != nil {
		return err
	}
	if t.outer && l.level > 0 && !c.Type.Nullable {
		return errors.New("must be nullable, as the table keeps records without an element (outer)")
	}
	t.leaves = append(t.leaves, l)
	if l.listed || l.take == takeOrdinal {
		t.lists[l.level] = append(t.lists[l.level], l)
	}
	if l.level < t.levels {
		t.staged[l.level] = append(t.staged[l.level], l)
	}
	if l.take == takeOrdinal {
		way, err := d.root.walk(c.Keys)
		l.node = way[len(way)-1]
		return err
	}
	return d.plant(l, c.Keys, from)
}

// share finds the level of the column, the number of the rows' lists that lie on its path, and where its path goes on
// behind the last of them.
func (l *leaf) share(rows []schemas.Key) (from int) {
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

// choose says what the leaf does with values, and whether the column's type goes with it.
func (l *leaf) choose() error {
	c := l.column
	l.wants = wants(c.Wire)
	if l.listed {
		l.take = map[schemas.ListMode]take{schemas.Join: takeJoin, schemas.AsJSON: takeJSON, schemas.First: takeFirst, schemas.Count: takeCount}[c.Mode]
	}
	if c.Label != nil && l.take != takeCount {
		l.labels = map[string]labelled{}
	}
	switch keeps := l.listed && l.take == takeValue; {
	case len(c.Keys) == 0:
		return errors.New("has neither a path nor an expression")
	case c.Ordinal:
		return l.ordinal()
	case keeps != c.Type.List:
		return fmt.Errorf("type %s does not go with list: %s of this path", c.Type, c.Mode)
	case l.take == takeCount:
		l.wants = jsonscan.String | jsonscan.Number | jsonscan.Bool | jsonscan.Object | jsonscan.Array
		if k := c.Type.Kind; k != schemas.Int64 && k != schemas.Int32 {
			return fmt.Errorf("a count is an integer, not a %s", k)
		}
	case l.take == takeJoin || l.take == takeJSON:
		if widthOf(c.Type.Kind) != wideText || !converts(c.Wire, schemas.String) {
			return fmt.Errorf("list: %s gives text, not a %s", c.Mode, c.Type.Kind)
		}
	case !converts(c.Wire, c.Type.Kind):
		return fmt.Errorf("%s values cannot become %s", c.Wire, c.Type.Kind)
	}
	return nil
}

// ordinal makes the leaf give places. A place is one of the elements that make the rows, or hold them.
func (l *leaf) ordinal() error {
	l.take = takeOrdinal
	switch last := l.column.Keys[len(l.column.Keys)-1]; {
	case l.listed || !last.List || l.level == 0:
		return errors.New("an ordinal is the place of an element that makes the rows")
	case l.column.Type.List || widthOf(l.column.Type.Kind) != wide64 && widthOf(l.column.Type.Kind) != wide32:
		return fmt.Errorf("an ordinal is an integer, not a %s", l.column.Type)
	}
	return nil
}

// plant hangs the leaf into the tree; keys[from:] is its way from its context.
func (d *Decoder) plant(l *leaf, keys []schemas.Key, from int) error {
	way, err := d.root.walk(keys)
	if err != nil {
		return err
	}
	l.node = way[len(way)-1]
	l.node.leaves = append(l.node.leaves, l)
	for _, n := range way[from:] {
		if n.list {
			n.opens = append(n.opens, l)
			break
		}
	}
	n := l.node
	for n.nulls = append(n.nulls, l); !n.list && n.parent != nil; {
		n = n.parent
		n.nulls = append(n.nulls, l)
	}
	return nil
}

// allocate gives the table its memory.
func (t *table) allocate() {
	for _, l := range t.leaves {
		if l.level < t.levels {
			l.to = newColumn(l.column.Type, t.pool.mem)
		}
	}
	t.renew()
}
