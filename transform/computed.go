package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/civic-etl/civic-etl/schemas"
)

// computed is what a table has of expressions: columns and a filter. They run over a
// record's rows once these are complete.
type computed struct {
	types  []schemas.Type
	names  []string
	first  []formula // columns that the filter needs
	then   []formula // columns of the rows that stay
	filter *program
	env    map[string]any
	vm     vm.VM
	spare  *chunk
}

// formula is a computed column.
type formula struct {
	*program
	index int
}

// compute compiles a table's expressions; nil if there are none.
func compute(spec *Table) (*computed, error) {
	k := &computed{env: map[string]any{}}
	visible := make([]schemas.Column, 0, len(spec.Columns))
	index := make([]int, 0, len(spec.Columns)) // of the visible columns, in the table
	for i, c := range spec.Columns {
		k.types, k.names = append(k.types, c.Type), append(k.names, c.Name)
		if c.Expr == "" {
			visible, index = append(visible, schemas.Column{Name: c.Name, Type: c.Type}), append(index, i)
		}
	}
	for i, c := range spec.Columns {
		if c.Expr == "" {
			continue
		}
		p, err := compileExpr(c.Expr, slices.Clone(visible))
		if err != nil {
			return nil, fmt.Errorf("column %s: expr: %w", c.Name, err)
		}
		p.to(index)
		k.then = append(k.then, formula{p, i})
		visible, index = append(visible, schemas.Column{Name: c.Name, Type: c.Type}), append(index, i)
	}
	if spec.Filter != "" {
		if err := CheckFilter(spec.Filter, visible); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		k.filter, _ = compileExpr(spec.Filter, visible)
		k.filter.to(index)
		k.split()
	}
	if len(k.then) == 0 && k.filter == nil {
		return nil, nil
	}
	return k, nil
}

// to turns the reads from indexes of visible columns into the table's.
func (p *program) to(index []int) {
	for i, r := range p.reads {
		p.reads[i] = index[r]
	}
}

// split moves what the filter needs, directly or through others, before it.
func (k *computed) split() {
	needed := slices.Clone(k.filter.reads)
	all := k.then
	k.then = nil
	for _, f := range slices.Backward(all) {
		if slices.Contains(needed, f.index) {
			needed = append(needed, f.reads...)
			k.first = append(k.first, f)
		} else {
			k.then = append(k.then, f)
		}
	}
	slices.Reverse(k.first)
	slices.Reverse(k.then)
}

// compute fills the computed columns of the record's rows and drops the rows that the filter
// does not keep; it gives their number.
func (t *table) compute(d *Decoder) int {
	k := t.computed
	if k == nil || d.rejected {
		return 0
	}
	var drop []int
	for row := t.mark; row < t.rows; row++ {
		keep, fault := k.row(t.chunk, row)
		if fault != nil {
			d.reject(nil, nil, fault.Error())
			d.refusal.Table = t.name
			return 0
		}
		if !keep {
			drop = append(drop, row)
		}
	}
	t.drop(drop)
	return len(drop)
}

// row computes one row and says whether it stays.
func (k *computed) row(c *chunk, row int) (keep bool, err error) {
	if err := k.columns(k.first, c, row); err != nil {
		return false, err
	}
	if k.filter != nil {
		kept, err := k.run(k.filter, c, row)
		if err != nil {
			return false, fmt.Errorf("filter: %w", err)
		}
		switch kept := kept.(type) {
		case nil:
		case bool:
			keep = kept
		default:
			return false, fmt.Errorf("filter: it gives %T, not true or false", kept)
		}
		if !keep {
			for _, f := range k.then {
				c.columns[f.index].putNull()
			}
			return false, nil
		}
	}
	return true, k.columns(k.then, c, row)
}

func (k *computed) columns(formulas []formula, c *chunk, row int) error {
	for _, f := range formulas {
		value, err := k.run(f.program, c, row)
		if err == nil {
			err = c.columns[f.index].put(value, k.types[f.index])
		}
		if err != nil {
			return fmt.Errorf("column %s: expr: %w", k.names[f.index], err)
		}
	}
	return nil
}

// run evaluates an expression over the columns it reads. Computing with a null
// gives null, as in SQL.
func (k *computed) run(p *program, c *chunk, row int) (any, error) {
	null := false
	for _, i := range p.reads {
		value := c.columns[i].get(row)
		k.env[k.names[i]] = value
		null = null || value == nil || k.types[i].List && k.types[i].ElementNullable
	}
	value, err := k.vm.Run(p.vm, k.env)
	if err == nil {
		return value, nil
	}
	what := err.Error()
	if fe := (*file.Error)(nil); errors.As(err, &fe) {
		what = fe.Message
	}
	what, _, _ = strings.Cut(what, "\n")
	if null && strings.Contains(what, "nil") {
		return nil, nil
	}
	return nil, errors.New(what)
}

// drop takes rows of the record out; they are in ascending order.
func (t *table) drop(rows []int) {
	if len(rows) == t.rows-t.mark {
		t.cut(t.mark)
		return
	}
	if len(rows) == 0 {
		return
	}
	if t.computed.spare == nil {
		t.computed.spare = t.pool.get()
	}
	spare := t.computed.spare
	for i, from := range t.chunk.columns {
		to, next := spare.columns[i], 0
		to.cut(0)
		for row := t.mark; row < t.rows; row++ {
			if next < len(rows) && rows[next] == row {
				next++
				continue
			}
			to.copy(from, row)
		}
		from.cut(t.mark)
		for row := range to.len() {
			from.copy(to, row)
		}
	}
	t.rows -= len(rows)
}

func (k *computed) free() {
	if k != nil && k.spare != nil {
		k.spare.free()
	}
}
