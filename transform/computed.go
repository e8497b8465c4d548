package transform

import (
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
	"github.com/civic-etl/civic-etl/transform/expression"
	"github.com/civic-etl/civic-etl/transform/internal/column"
)

// computed is the expressions of a table: columns and a filter. They run over a
// record's rows once the rows are complete.
type computed struct {
	repeat *formula  // repeats rows; may be nil
	read   []int     // columns that are read from the record
	before []formula // columns that the filter needs
	after  []formula // other columns, only of the rows that stay
	filter *formula
	kept   []int         // the record's rows that stay
	spare  *column.Chunk // memory for these rows
}

// formula is an expression over the columns of a table.
type formula struct {
	program *expression.Program
	name    string
	index   int                   // of the column it fills
	visible []int                 // the table's indexes of the columns it may name
	lookup  func(key int64) []any // instead of a program: the values of a key in the only visible column
}

// newComputed compiles a table's expressions. It returns nil if there are none.
func newComputed(spec *Table, lookup func(string, int64) []any) (*computed, error) {
	k := &computed{}
	var columns []schemas.Column
	var visible []int
	see := func(i int) {
		columns = append(columns, schemas.Column{Name: spec.Columns[i].Name, Type: spec.Columns[i].Type})
		visible = append(visible, i)
	}
	for i, c := range spec.Columns {
		if c.Expr == "" && c.Lookup == "" {
			see(i)
			k.read = append(k.read, i)
		}
	}
	for i, c := range spec.Columns {
		if c.Lookup != "" {
			k.after = append(k.after, lookUp(spec, i, lookup))
			see(i)
		}
	}
	for i, c := range spec.Columns {
		if c.Expr == "" {
			continue
		}
		seen := columns
		if c.Repeat {
			seen = columns[:len(k.read)]
		}
		p, err := expression.Compile(c.Expr, seen)
		if err != nil {
			return nil, fmt.Errorf("column %s: expr: %w", c.Name, err)
		}
		f := formula{program: p, name: c.Name, index: i, visible: slices.Clone(visible)}
		if c.Repeat {
			k.repeat = &f
		} else {
			k.after = append(k.after, f)
		}
		see(i)
	}
	if spec.Filter != "" {
		p, err := expression.CompileFilter(spec.Filter, columns)
		if err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		k.filter = &formula{program: p, visible: visible}
		k.split()
	}
	if len(k.after) == 0 && k.filter == nil && k.repeat == nil {
		return nil, nil
	}
	return k, nil
}

// lookUp is the formula of a column with values of a lookup.
func lookUp(spec *Table, index int, lookup func(string, int64) []any) formula {
	column := spec.Columns[index]
	by := slices.IndexFunc(spec.Columns, func(c Column) bool { return c.Name == column.By })
	return formula{name: column.Name, index: index, visible: []int{by}, lookup: func(key int64) []any {
		if lookup == nil {
			return nil
		}
		return lookup(column.Lookup, key)
	}}
}

// split moves the columns that the filter needs, directly or through others, before it.
func (k *computed) split() {
	needed := k.filter.reads()
	all := k.after
	k.after = nil
	for _, f := range slices.Backward(all) {
		if slices.Contains(needed, f.index) {
			needed = append(needed, f.reads()...)
			k.before = append(k.before, f)
		} else {
			k.after = append(k.after, f)
		}
	}
	slices.Reverse(k.before)
	slices.Reverse(k.after)
}

// reads are the table's indexes of the columns that the expression reads.
func (f *formula) reads() (columns []int) {
	if f.lookup != nil {
		return f.visible
	}
	for _, i := range f.program.Reads() {
		columns = append(columns, f.visible[i])
	}
	return columns
}

func (f *formula) run(c *column.Chunk, row int) (any, error) {
	if f.lookup != nil {
		key, ok := c.Columns[f.visible[0]].Value(row).(int)
		if !ok {
			return []any{}, nil // null refers to nothing
		}
		return append([]any{}, f.lookup(int64(key))...), nil
	}
	return f.program.Run(func(i int) any { return c.Columns[f.visible[i]].Value(row) })
}

// compute fills the computed columns of the record's rows, and drops the rows that the
// filter does not keep. It returns their number.
func (t *table) compute(r *record) int {
	if t.computed == nil || r.rejected {
		return 0
	}
	if err := t.repeatRows(r); err != nil {
		r.reject(nil, nil, err.Error())
		r.refusal.Table = t.name
	}
	if r.rejected {
		return 0
	}
	t.computed.kept = t.computed.kept[:0]
	for row := t.recordStart; row < t.rows; row++ {
		keep, err := t.computed.row(t.chunk, row)
		if err != nil {
			r.reject(nil, nil, err.Error())
			r.refusal.Table = t.name
			return 0
		}
		if keep {
			t.computed.kept = append(t.computed.kept, row)
		}
	}
	return t.keepRows(t.computed.kept)
}

// mostRepeats bounds the rows that are made of one.
const mostRepeats = 10000

// repeatRows repeats each of the record's rows, if the table has a column for that.
func (t *table) repeatRows(r *record) error {
	f := t.computed.repeat
	if f == nil {
		return nil
	}
	rows := t.computed.kept[:0]
	for row := t.recordStart; row < t.rows; row++ {
		value, err := f.run(t.chunk, row)
		if err != nil {
			return fmt.Errorf("column %s: expr: %w", f.name, err)
		}
		n, isInt := value.(int)
		if value != nil && !isInt || n < 0 || n > mostRepeats {
			return fmt.Errorf("column %s: expr: %v is no number of rows, from 0 to %d", f.name, value, mostRepeats)
		}
		for i := range n {
			rows = append(rows, row)
			if err := t.chunk.Columns[f.index].AppendValue(i + 1); err != nil {
				return fmt.Errorf("column %s: %w", f.name, err)
			}
		}
	}
	if t.computed.kept = rows; !t.takeRows(r, t.computed.read, rows) {
		r.reject(nil, nil, "the record's rows are too many for one batch")
	}
	t.rows = t.recordStart + len(rows)
	return nil
}

// row computes one row and reports whether it stays.
func (k *computed) row(c *column.Chunk, row int) (keep bool, err error) {
	if err := fill(k.before, c, row); err != nil {
		return false, err
	}
	if k.filter != nil {
		if keep, err = k.keeps(c, row); err != nil {
			return false, fmt.Errorf("filter: %w", err)
		}
		if !keep {
			for _, f := range k.after {
				c.Columns[f.index].AppendNull()
			}
			return false, nil
		}
	}
	return true, fill(k.after, c, row)
}

// keeps runs the filter. It drops a row for null, as SQL does.
func (k *computed) keeps(c *column.Chunk, row int) (bool, error) {
	value, err := k.filter.run(c, row)
	keep, isBool := value.(bool)
	if err == nil && value != nil && !isBool {
		err = fmt.Errorf("it gives %s, not true or false", jsonscan.Clip(fmt.Append(nil, value)))
	}
	return keep, err
}

func fill(formulas []formula, c *column.Chunk, row int) error {
	for _, f := range formulas {
		value, err := f.run(c, row)
		if err == nil {
			err = c.Columns[f.index].AppendValue(value)
		}
		if err != nil {
			return fmt.Errorf("column %s: expr: %w", f.name, err)
		}
	}
	return nil
}

// keepRows drops the other rows of the record, and returns their number.
func (t *table) keepRows(rows []int) (dropped int) {
	if dropped = t.rows - t.recordStart - len(rows); dropped == 0 {
		return 0
	}
	all := make([]int, len(t.chunk.Columns))
	for i := range all {
		all[i] = i
	}
	t.takeRows(nil, all, rows) // they are no more than before
	t.rows -= dropped
	return dropped
}

// takeRows makes some columns have these rows of the record, each as often as it is named. It returns false if a
// column cannot hold them. r counts the bytes; it may be nil.
func (t *table) takeRows(r *record, columns, rows []int) bool {
	if t.computed.spare == nil {
		t.computed.spare = t.pool.Chunk()
	}
	fits := true
	for _, i := range columns {
		c, spare := t.chunk.Columns[i], t.computed.spare.Columns[i]
		spare.Truncate(0)
		for _, row := range rows {
			before := spare.Size()
			fits = spare.Copy(c, row) && fits
			if r != nil && !r.mayCopy(nil, spare.Size()-before) {
				return false
			}
		}
		c.Truncate(t.recordStart)
		for row := range spare.Len() {
			fits = c.Copy(spare, row) && fits
		}
	}
	return fits
}

func (k *computed) free() {
	if k != nil && k.spare != nil {
		k.spare.Free()
	}
}
