package diff

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/published"
)

// Change is one record that differs. An added record has only new values, a removed one only old values, and a changed
// one those of the columns that differ.
type Change struct {
	Table   string
	Change  string // added, removed, changed
	Key     []Value
	Columns []ValueChange
}

// Value is a column's value, as JSON.
type Value struct {
	Column string
	JSON   jsontext.Value
}

// ValueChange is the difference of a column's value. Old or New is nil if the record or the column is absent.
type ValueChange struct {
	Column string         `json:"-"`
	Old    jsontext.Value `json:"old,omitzero"`
	New    jsontext.Value `json:"new,omitzero"`
}

// MarshalJSONTo writes the change as one object, its columns in their order.
func (c Change) MarshalJSONTo(e *jsontext.Encoder) error {
	var key, columns object
	for _, k := range c.Key {
		key = append(key, member{k.Column, k.JSON})
	}
	for _, v := range c.Columns {
		columns = append(columns, member{v.Column, v})
	}
	return object{{"table", c.Table}, {"change", c.Change}, {"key", key}, {"columns", columns}}.MarshalJSONTo(e)
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSONTo writes the members in order.
func (o object) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range o {
		if err := e.WriteToken(jsontext.String(m.name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(e, m.value); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// window is the number of records that are read from the files at a time.
const window = 10_000

// Changes reads the records that differ, at most limit of each kind, or all if it is negative: added ones in the order
// of the new folder, removed ones in the order of the old, then changed ones. If both folders have about the same
// order of records, one pass over the files is enough.
func (d *Table) Changes(ctx context.Context, limit int, each func(Change) error) error {
	old, new := &cursor{ctx: ctx, side: d.old}, &cursor{ctx: ctx, side: d.new}
	defer old.close()
	defer new.close()
	for pairs := range slices.Chunk(d.limited(limit), window) {
		oldRows, err := old.read(pairs, func(p pair) int64 { return p.old })
		if err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		newRows, err := new.read(pairs, func(p pair) int64 { return p.new })
		if err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		for _, p := range pairs {
			if err := each(d.change(p, oldRows[p.old], newRows[p.new])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Table) limited(limit int) []pair {
	if limit < 0 {
		return d.pairs
	}
	var list []pair
	counts := map[string]int{}
	for _, p := range d.pairs {
		if kind := p.kind(); counts[kind] < limit {
			counts[kind]++
			list = append(list, p)
		}
	}
	return list
}

// change is made of the values of a record in both folders; nil if it is absent.
func (d *Table) change(p pair, old, new []jsontext.Value) Change {
	c := Change{Table: d.Name, Change: p.kind()}
	s, values := d.new, new
	if new == nil {
		s, values = d.old, old
	}
	for _, name := range d.Key {
		c.Key = append(c.Key, Value{Column: name, JSON: values[s.index(name)]})
	}
	for i, column := range s.columns {
		switch {
		case old == nil:
			c.Columns = append(c.Columns, ValueChange{Column: column.Name, New: new[i]})
		case new == nil:
			c.Columns = append(c.Columns, ValueChange{Column: column.Name, Old: old[i]})
		case i < s.common && string(old[i]) != string(new[i]):
			c.Columns = append(c.Columns, ValueChange{Column: column.Name, Old: old[i], New: new[i]})
		}
	}
	return c
}

// cursor reads rows of a table by their position. It starts again only to go back.
type cursor struct {
	ctx   context.Context
	side  side
	next  func() (published.RowBatch, error, bool)
	stop  func()
	batch published.RowBatch
}

func (c *cursor) close() {
	if c.stop != nil {
		c.stop()
	}
}

// read returns the values of the rows in the pairs.
func (c *cursor) read(pairs []pair, position func(pair) int64) (map[int64][]jsontext.Value, error) {
	var positions []int64
	for _, p := range pairs {
		if i := position(p); i >= 0 {
			positions = append(positions, i)
		}
	}
	slices.Sort(positions)
	rows := map[int64][]jsontext.Value{}
	for _, i := range positions {
		row, err := c.row(i)
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return rows, nil
}

func (c *cursor) row(position int64) ([]jsontext.Value, error) {
	if c.stop == nil || position < c.batch.First {
		c.close()
		c.next, c.stop = iter.Pull2(c.side.Batches(c.ctx, c.side.columns))
		c.batch = published.RowBatch{}
	}
	for position >= c.batch.First+int64(c.batch.Rows) {
		batch, err, ok := c.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errors.New("a table lost rows while it was read")
		}
		c.batch = batch
	}
	values := make([]jsontext.Value, len(c.batch.Cells))
	for i, cell := range c.batch.Cells {
		text, err := cell(nil, int(position-c.batch.First))
		if err != nil {
			return nil, err
		}
		values[i] = text
	}
	return values, nil
}
