package diff

import (
	"context"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/published"
)

// Change is one record that differs. A record that was added has its new values
// only, one that was removed its old ones, and one that changed those of the
// columns that differ.
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

// ValueChange is how a column's value differs. Old or New is nil where the
// record, or its column, is not there.
type ValueChange struct {
	Column   string
	Old, New jsontext.Value
}

// MarshalJSONTo writes the change as one object, its columns in their order.
func (c Change) MarshalJSONTo(e *jsontext.Encoder) error {
	w := tokens{e: e}
	w.token(jsontext.BeginObject, jsontext.String("table"), jsontext.String(c.Table),
		jsontext.String("change"), jsontext.String(c.Change), jsontext.String("key"), jsontext.BeginObject)
	for _, k := range c.Key {
		w.token(jsontext.String(k.Column))
		w.value(k.JSON)
	}
	w.token(jsontext.EndObject, jsontext.String("columns"), jsontext.BeginObject)
	for _, v := range c.Columns {
		w.token(jsontext.String(v.Column), jsontext.BeginObject)
		if v.Old != nil {
			w.token(jsontext.String("old"))
			w.value(v.Old)
		}
		if v.New != nil {
			w.token(jsontext.String("new"))
			w.value(v.New)
		}
		w.token(jsontext.EndObject)
	}
	w.token(jsontext.EndObject, jsontext.EndObject)
	return w.err
}

// tokens writes JSON until something goes wrong.
type tokens struct {
	e   *jsontext.Encoder
	err error
}

func (w *tokens) token(all ...jsontext.Token) {
	for _, t := range all {
		if w.err == nil {
			w.err = w.e.WriteToken(t)
		}
	}
}

func (w *tokens) value(v jsontext.Value) {
	if w.err == nil {
		w.err = w.e.WriteValue(v)
	}
}

// Window is how many records are taken out of the files at a time.
const Window = 10_000

// Changes gives the records that differ, `most` of each kind, or all if it is
// negative: added ones in the order of the new folder, removed ones in that of
// the old, then changed ones. They are read again, a window at a time: in one
// pass if both folders have their records in about the same order.
func (d *Table) Changes(ctx context.Context, most int, each func(Change) error) error {
	old, new := newCursor(ctx, d.old), newCursor(ctx, d.new)
	defer old.close()
	defer new.close()
	for pairs := range slices.Chunk(d.shown(most), Window) {
		olds, err := old.fetch(pairs, func(p pair) int64 { return p.old })
		if err != nil {
			return err
		}
		news, err := new.fetch(pairs, func(p pair) int64 { return p.new })
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if err := each(d.change(p, olds[p.old], news[p.new])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Table) shown(most int) []pair {
	if most < 0 {
		return d.pairs
	}
	var list []pair
	counts := map[string]int{}
	for _, p := range d.pairs {
		if kind := p.kind(); counts[kind] < most {
			counts[kind]++
			list = append(list, p)
		}
	}
	return list
}

// change is made of the values of a record's columns; nil where it is not.
func (d *Table) change(p pair, old, new []jsontext.Value) Change {
	c := Change{Table: d.Name, Change: p.kind()}
	columns, values := d.new.Columns, new
	if new == nil {
		columns, values = d.old.Columns, old
	}
	for _, name := range d.Key {
		i := slices.IndexFunc(columns, func(v published.ColumnRef) bool { return v.Name == name })
		c.Key = append(c.Key, Value{Column: name, JSON: values[i]})
	}
	for i, v := range columns {
		switch {
		case old == nil:
			c.Columns = append(c.Columns, ValueChange{Column: v.Name, New: new[i]})
		case new == nil:
			c.Columns = append(c.Columns, ValueChange{Column: v.Name, Old: old[i]})
		case v.Common && string(old[i]) != string(new[i]): // shared columns come first on both sides
			c.Columns = append(c.Columns, ValueChange{Column: v.Name, Old: old[i], New: new[i]})
		}
	}
	return c
}

// cursor takes rows out of a table, going forward as long as it can.
type cursor struct {
	ctx   context.Context
	side  *published.TableReader
	next  func() (published.RowBatch, error, bool)
	stop  func()
	batch published.RowBatch
}

func newCursor(ctx context.Context, s *published.TableReader) *cursor { return &cursor{ctx: ctx, side: s} }

func (c *cursor) close() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
}

func (c *cursor) restart() {
	c.close()
	c.next, c.stop = iter.Pull2(c.side.Batches(c.ctx))
	c.batch = published.RowBatch{}
}

// fetch gives the values of the rows that the pairs name.
func (c *cursor) fetch(pairs []pair, at func(pair) int64) (map[int64][]jsontext.Value, error) {
	var wanted []int64
	for _, p := range pairs {
		if i := at(p); i >= 0 {
			wanted = append(wanted, i)
		}
	}
	slices.Sort(wanted)
	rows := map[int64][]jsontext.Value{}
	for _, i := range wanted {
		row, err := c.row(i)
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return rows, nil
}

func (c *cursor) row(at int64) ([]jsontext.Value, error) {
	if c.stop == nil || at < c.batch.First {
		c.restart()
	}
	for at >= c.batch.First+int64(c.batch.Rows) {
		batch, err, ok := c.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, published.ErrStop // the rows were all there when they were counted
		}
		c.batch = batch
	}
	values := make([]jsontext.Value, len(c.batch.Cells))
	for i, cell := range c.batch.Cells {
		text, err := cell(nil, int(at-c.batch.First))
		if err != nil {
			return nil, err
		}
		values[i] = text
	}
	return values, nil
}
