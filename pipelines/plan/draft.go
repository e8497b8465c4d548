package plan

import (
	"errors"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
	"github.com/civic-etl/civic-etl/transform/expression"
)

// draft is a table being compiled.
type draft struct {
	spec    *spec.Table
	prefix  string // of its key paths in faults
	rows    *schemas.Path
	columns []draftColumn
	checks  []Check
}

// draftColumn is a column being compiled; done says that its type is known.
type draftColumn struct {
	spec *spec.Column
	path *schemas.Path
	mode schemas.ListMode
	typ  schemas.Type
	done bool
}

// tables compiles every table, so that all faults are said.
func (c *compiler) tables() {
	for i := range c.spec.Tables {
		t := &draft{spec: &c.spec.Tables[i]}
		t.prefix = c.spec.Prefix(t.spec)
		c.rows(t)
		t.columns = make([]draftColumn, len(t.spec.Columns))
		for i := range t.spec.Columns {
			c.pathColumn(t, i)
		}
		for i := range t.spec.Columns {
			c.exprColumn(t, i)
		}
		c.filter(t)
		c.keys(t)
		c.checks(t)
		c.drafts = append(c.drafts, t)
	}
}

func (c *compiler) rows(t *draft) {
	if t.spec.Rows == "" {
		return
	}
	rows, err := c.schema.ResolveRows(c.plan.Connection.Node, t.spec.Rows)
	if err != nil {
		c.pathFault(t.spec.Value("rows"), t.prefix+"rows", err)
		return
	}
	t.rows = rows
}

// visible are the columns an expression sees, as transform has it: all with a
// path, and those with an expression before it. The type of one with a fault is
// not known; it may be anything, so that what else is wrong with the expression
// is said too.
func (t *draft) visible(before int) (columns []schemas.Column, whole bool) {
	whole = true
	for i, col := range t.columns {
		switch {
		case col.spec.Expr != "" && i >= before:
		case col.done:
			columns = append(columns, schemas.Column{Name: col.spec.Name, Type: col.typ})
		default:
			columns, whole = append(columns, schemas.Column{Name: col.spec.Name}), false
		}
	}
	return columns, whole
}

// exprColumn finds the type of a computed column.
func (c *compiler) exprColumn(t *draft, i int) {
	col := &t.columns[i]
	if col.spec.Expr == "" {
		return
	}
	columns, whole := t.visible(i)
	name := t.prefix + wording.Join("columns", col.spec.Name)
	typ, err := expression.TypeOf(col.spec.Expr, columns)
	override, given := schemas.ParseKind(col.spec.Type)
	switch {
	case untyped(err) && given:
		typ, err = schemas.Type{Kind: override, Nullable: true}, nil
	case err == nil && given:
		if !computes(typ.Kind, override) {
			c.Fault(col.spec.At("type"), "remove it, or convert in the expression", "%s.type cannot be %s: the expression gives %s", name, override, typ)
			return
		}
		typ.Kind = override
		typ.List = typ.List && override != schemas.JSON // a list is one JSON text
	case untyped(err) && !whole:
		return // what is wrong with the others comes first
	case err != nil:
		c.exprFault(col.spec.Value("expr"), name+".expr", err)
		return
	}
	col.typ, col.done = typ, true
}

// untyped says whether nothing is wrong with an expression but that its type
// cannot be told beforehand.
func untyped(err error) bool {
	var fault *expression.Error
	return errors.As(err, &fault) && fault.Untyped
}

// computes says whether a computed value may become a column of another kind.
func computes(from, to schemas.Kind) bool {
	switch to {
	case schemas.JSON:
		return true
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return from == schemas.Int64 || from == schemas.Float64
	case schemas.Date:
		return from == schemas.Timestamp
	}
	return from == to
}

func (c *compiler) filter(t *draft) {
	if t.spec.Filter == "" {
		return
	}
	columns, _ := t.visible(len(t.columns))
	if _, err := expression.CompileFilter(t.spec.Filter, columns); err != nil {
		c.exprFault(t.spec.Value("filter"), t.prefix+"filter", err)
	}
}

// exprFault says what is wrong with an expression, at the very character.
func (c *compiler) exprFault(n *document.Node, name string, err error) {
	var fault *expression.Error
	if !errors.As(err, &fault) {
		c.Fault(n.Pos, "", "%s: %v", name, err)
		return
	}
	hint := fault.Hint
	if hint == "" {
		hint = "expressions are described at https://expr-lang.org/docs/language-definition"
	}
	pos := n.Pos
	if !strings.Contains(n.Text, "${") {
		pos = c.Within(n, fault.Offset)
	}
	c.Fault(pos, c.Hide(n, hint), "%s: %s", name, c.Hide(n, fault.What))
}

func (t *draft) paths() []*schemas.Path {
	var paths []*schemas.Path
	if t.rows != nil {
		paths = append(paths, t.rows)
	}
	for _, col := range t.columns {
		if col.path != nil {
			paths = append(paths, col.path)
		}
	}
	return paths
}

func (t *draft) table() *schemas.Table {
	table := &schemas.Table{Name: t.spec.Name, Doc: t.spec.Doc, Key: texts(t.spec.Key), PartitionBy: texts(t.spec.PartitionBy)}
	for _, col := range t.columns {
		if !col.spec.Hidden {
			table.Columns = append(table.Columns, schemas.Column{Name: col.spec.Name, Type: col.typ, Doc: col.doc()})
		}
	}
	return table
}

// doc is what the spec says of the column, else what the schema says of the
// values it takes as they are.
func (col *draftColumn) doc() string {
	if col.spec.Doc != "" || col.path == nil || col.path.Ordinal || col.mode == schemas.Count {
		return col.spec.Doc
	}
	return col.path.Doc()
}

func (t *draft) decode(selection *schemas.Selection) transform.Table {
	table := transform.Table{Name: t.spec.Name, Outer: t.spec.Outer, Filter: t.spec.Filter}
	if t.rows != nil {
		table.Rows = selection.Keys(t.rows)
	}
	for _, col := range t.columns {
		table.Columns = append(table.Columns, col.decode(selection))
	}
	return table
}

func (col *draftColumn) decode(selection *schemas.Selection) transform.Column {
	column := transform.Column{Name: col.spec.Name, Type: col.typ, Mode: col.mode, Separator: col.spec.Separator, Expr: col.spec.Expr,
		Whole: col.spec.Whole, Hidden: col.spec.Hidden}
	if !col.spec.Has("separator") {
		column.Separator = defaultSeparator
	}
	if col.path == nil {
		return column
	}
	column.Keys, column.Wire, column.Ordinal = selection.Keys(col.path), col.path.Type.Kind, col.path.Ordinal
	if col.spec.Labels {
		enum := col.path.Enum
		column.Label = func(name string) string { return schemas.Label(enum, name) }
	}
	return column
}

func texts(words []document.Word) []string {
	var list []string
	for _, w := range words {
		list = append(list, w.Text)
	}
	return list
}
