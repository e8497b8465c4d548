package plan

import (
	"cmp"
	"errors"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
	"github.com/civic-etl/civic-etl/transform/expression"
)

// table is a table of a spec while it is resolved against the schema.
type table struct {
	spec    *spec.Table
	prefix  string // of its key paths in faults
	rows    *schemas.Path
	columns []column
	checks  []Check
}

// column is a column of a table; done says that its type is known.
type column struct {
	spec *spec.Column
	name string // its key path in faults
	path *schemas.Path
	mode schemas.ListMode
	typ  schemas.Type
	done bool
}

// resolveTables resolves every table, so that all faults are reported at once.
func (c *compiler) resolveTables() {
	for i := range c.spec.Tables {
		t := &table{spec: &c.spec.Tables[i]}
		t.prefix = c.spec.Prefix(t.spec)
		c.resolveRows(t)
		for i := range t.spec.Columns {
			col := &t.spec.Columns[i]
			t.columns = append(t.columns, column{spec: col, name: t.prefix + wording.Join("columns", col.Name)})
			c.resolvePath(t, &t.columns[i])
		}
		for i := range t.columns {
			c.resolveLookup(t, &t.columns[i])
		}
		for i := range t.columns {
			c.resolveExpr(t, i)
		}
		c.checkFilter(t)
		c.checkKeys(t)
		c.addChecks(t)
		c.tables = append(c.tables, t)
	}
}

func (c *compiler) resolveRows(t *table) {
	if t.spec.Rows == "" {
		return
	}
	rows, err := c.schema.ResolveRows(c.plan.Connection.Node, t.spec.Rows)
	if err != nil {
		c.fail(t.spec.Value("rows"), t.prefix+"rows", err)
		return
	}
	t.rows = rows
}

// visible returns the columns that an expression sees, as transform does: all with a path, and those with an
// expression before it. A column with a fault may have any type, so that other faults of the expression are
// reported too; known is false then.
func (t *table) visible(before int) (columns []schemas.Column, known bool) {
	known = true
	for i, col := range t.columns {
		if col.spec.Expr != "" && i >= before {
			continue
		}
		columns = append(columns, schemas.Column{Name: col.spec.Name, Type: col.typ})
		if !col.done {
			columns[len(columns)-1].Type, known = schemas.Type{}, false
		}
	}
	return columns, known
}

// resolveExpr finds the type of a computed column.
func (c *compiler) resolveExpr(t *table, i int) {
	col := &t.columns[i]
	if col.spec.Expr == "" {
		return
	}
	before := i
	if col.spec.Repeat {
		before = 0
	}
	columns, known := t.visible(before)
	typ, err := expression.TypeOf(col.spec.Expr, columns)
	override, given := schemas.ParseKind(col.spec.Type)
	switch {
	case untyped(err) && given:
		typ = schemas.Type{Kind: override, Nullable: true}
	case untyped(err) && !known:
		return // the faults of the other columns come first
	case err != nil:
		c.fail(col.spec.Value("expr"), col.name+".expr", err)
		return
	case given && !computes(typ.Kind, override):
		c.Fault(col.spec.At("type"), "remove it, or convert in the expression",
			"%s.type cannot be %s: the expression gives %s", col.name, col.spec.Type, typ)
		return
	case given:
		typ.Kind = override
		typ.List = typ.List && override != schemas.JSON // a list becomes one JSON text
	}
	if col.spec.Repeat && (typ.List || typ.Kind != schemas.Int64 && typ.Kind != schemas.Int32) {
		c.Fault(col.spec.At("repeat"), "make the expression give a number of rows", "%s.repeat: the expression gives %s",
			col.name, typ)
		return
	}
	typ.Nullable = typ.Nullable && !col.spec.Repeat
	col.typ, col.done = typ, true
}

// untyped reports whether the only fault of an expression is that its type is unknown.
func untyped(err error) bool {
	var fault *expression.Error
	return errors.As(err, &fault) && fault.Untyped
}

// computes reports whether a computed value can become a column of another kind.
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

func (c *compiler) checkFilter(t *table) {
	if t.spec.Filter == "" {
		return
	}
	columns, _ := t.visible(len(t.columns))
	if _, err := expression.CompileFilter(t.spec.Filter, columns); err != nil {
		c.fail(t.spec.Value("filter"), t.prefix+"filter", err)
	}
}

// fail reports an error of a path or an expression, at its place in the text of n.
func (c *compiler) fail(n *document.Node, name string, err error) {
	what, hint, offset := err.Error(), "", 0
	var path *schemas.PathError
	var expr *expression.Error
	switch {
	case errors.As(err, &path):
		what, hint, offset = path.What, path.Hint, segmentAt(n.Text, path.Segment)
	case errors.As(err, &expr):
		what, offset = expr.What, expr.Offset
		hint = cmp.Or(expr.Hint, "expressions are described at https://expr-lang.org/docs/language-definition")
		if strings.Contains(n.Text, "${") {
			offset = -1 // the expression is not the text
		}
	}
	c.Fault(c.Within(n, offset), c.Hide(n, hint), "%s: %s", name, c.Hide(n, what))
}

func (t *table) paths() []*schemas.Path {
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

// written is the table as it is written: without hidden columns.
func (t *table) written() *schemas.Table {
	table := &schemas.Table{
		Name: t.spec.Name, Doc: t.spec.Doc, Key: texts(t.spec.Key), PartitionBy: texts(t.spec.PartitionBy),
	}
	for _, col := range t.columns {
		if !col.spec.Hidden {
			table.Columns = append(table.Columns, schemas.Column{Name: col.spec.Name, Type: col.typ, Doc: col.doc()})
		}
	}
	return table
}

// doc is the spec's description of the column, else the schema's if the column holds the values unchanged.
func (col *column) doc() string {
	if col.spec.Doc != "" || col.path == nil || col.path.Ordinal || col.mode == schemas.Count {
		return col.spec.Doc
	}
	return col.path.Doc()
}

func (t *table) decode(selection *schemas.Selection) transform.Table {
	table := transform.Table{Name: t.spec.Name, Outer: t.spec.Outer, Filter: t.spec.Filter}
	if t.rows != nil {
		table.Rows = selection.Keys(t.rows)
	}
	for _, col := range t.columns {
		table.Columns = append(table.Columns, col.decode(selection))
	}
	return table
}

func (col *column) decode(selection *schemas.Selection) transform.Column {
	column := transform.Column{
		Name: col.spec.Name, Type: col.typ, Mode: col.mode, Separator: col.spec.Separator,
		Expr: col.spec.Expr, Lookup: col.spec.Lookup, By: col.spec.By, Repeat: col.spec.Repeat,
		Whole: col.spec.Whole, Hidden: col.spec.Hidden,
	}
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
