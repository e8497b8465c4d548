package spec

import (
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

var tablesShape = document.MapOf(tableNames, tableShape(), func(name string, pos document.Pos, t Table) Table {
	t.Name = name
	return t
})

// tableShape is a table of several: it must have columns.
func tableShape() document.Shape[Table] {
	fields := append([]document.Field[Table]{}, tableFields...)
	fields[0].Required = "give the table columns, such as `columns: {id: id}`"
	return document.Object("A table.", fields)
}

var tableFields = []document.Field[Table]{
	{Key: "columns", Doc: "Columns by name, in order: a path, or a map with `path` or `expr` and more.",
		To: document.Into(columnsShape, func(t *Table) *[]Column { return &t.Columns })},
	{Key: "doc", Doc: "What the table holds: what a row is, what is left out, what to mind.",
		To: document.Into(document.AnyText(nil), func(t *Table) *string { return &t.Doc })},
	{Key: "rows", Doc: "Path of a list: one row for each of its elements. Without it: one row for each record.",
		To: document.Into(document.SomeText(nil), func(t *Table) *string { return &t.Rows })},
	{Key: "outer", Doc: "With `rows`: keep records without any element, as one row.", Absent: "false",
		To: document.Into(document.Boolean(), func(t *Table) *bool { return &t.Outer })},
	{Key: "key", Doc: "Columns that tell rows apart.",
		To: document.Into(document.Words("columns"), func(t *Table) *[]document.Word { return &t.Key })},
	{Key: "filter", Doc: "Expression over the columns; a row stays where it is true.",
		To: document.Into(document.SomeText(nil), func(t *Table) *string { return &t.Filter })},
	{Key: "partition_by", Doc: "Columns whose values become Hive folders, column=value.",
		To: document.Into(document.Words("columns"), func(t *Table) *[]document.Word { return &t.PartitionBy })},
	{Key: "checks", Doc: "What must hold before anything is published.",
		To: document.Into(document.ListOf(checkShape, "`- unique: [id]`"), func(t *Table) *[]Check { return &t.Checks })},
}

var columnsShape = document.MapOf(columnNames, columnShape(), func(name string, pos document.Pos, c Column) Column {
	c.Name, c.pos = name, pos
	return c
})

// columnShape is the short form, a path, or the long form, a map.
func columnShape() document.Shape[Column] {
	long := document.Object("A column: a path or an expression, and what is made of it.", columnFields)
	long.Schema["type"] = "object"
	long.Schema["oneOf"] = []any{
		map[string]any{"required": []string{"path"}},
		map[string]any{"required": []string{"expr"}},
	}
	short := document.SomeText(map[string]any{"description": "A path from the record, such as disease.name."})
	return document.Shape[Column]{
		Schema: map[string]any{"oneOf": []any{short.Schema, long.Schema}},
		Read: func(d *document.Decoder, n *document.Node, name string) (Column, bool) {
			if n.Kind == document.MapNode {
				return long.Read(d, n, name)
			}
			c := Column{List: schemas.Keep.String()}
			c.Mark("", n)
			c.Mark("path", n)
			if n.Kind == document.ListNode {
				d.Fault(n.Pos, "write a path, such as disease.name", "%s is a list", name)
			} else {
				c.Path, _ = short.Read(d, n, name)
			}
			return c, true
		},
	}
}

var columnFields = []document.Field[Column]{
	{Key: "path", Doc: "Field names of the API joined by dots; a capital narrows: GeneVariant.coordinates.start.",
		To: document.Into(document.SomeText(nil), func(c *Column) *string { return &c.Path })},
	{Key: "expr", Doc: "Expression over the table's other columns.",
		To: document.Into(document.SomeText(nil), func(c *Column) *string { return &c.Expr })},
	{Key: "type", Doc: "Type in place of the schema's. A value that does not fit makes the record a reject.",
		To: document.Into(document.Choice(schemas.KindNames(), "int", "float", "float64", "boolean"), func(c *Column) *string { return &c.Type })},
	{Key: "list", Doc: "What becomes of a path through a list: keep it, join it to one text, one JSON text, the first element, the number of elements, or the list without repeats.", Absent: schemas.Keep.String(),
		To: document.Into(document.Choice(schemas.ListModeNames()), func(c *Column) *string { return &c.List })},
	{Key: "separator", Doc: "Text between the elements of `list: join`; `, ` without it.",
		To: document.Into(document.AnyText(nil), func(c *Column) *string { return &c.Separator })},
	{Key: "labels", Doc: "Display labels in place of enum codes: Sensitivity/Response for SENSITIVITYRESPONSE.", Absent: "false",
		To: document.Into(document.Boolean(), func(c *Column) *bool { return &c.Labels })},
	{Key: "whole", Doc: "With `rows`: take all that the record has along the path, in every row, and not what the row's element has.", Absent: "false",
		To: document.Into(document.Boolean(), func(c *Column) *bool { return &c.Whole })},
	{Key: "hidden", Doc: "For expressions only: the column is not written.", Absent: "false",
		To: document.Into(document.Boolean(), func(c *Column) *bool { return &c.Hidden })},
	{Key: "doc", Doc: "What the column means.",
		To: document.Into(document.AnyText(nil), func(c *Column) *string { return &c.Doc })},
}

var checkShape = oneKey(document.Object("One check.", checkFields), "one check, such as `unique: [id]`")

// oneKey is a map with just one of its keys.
func oneKey(s document.Shape[Check], what string) document.Shape[Check] {
	read := s.Read
	s.Schema["minProperties"], s.Schema["maxProperties"], s.Schema["type"] = 1, 1, "object"
	s.Read = func(d *document.Decoder, n *document.Node, name string) (Check, bool) {
		if n.Kind == document.MapNode && len(n.Entries) > 1 {
			d.Fault(n.Entries[1].Pos, "begin each with a dash of its own", "this element of %s holds %d checks", name, len(n.Entries))
		}
		if n.Null() || n.Kind == document.MapNode && len(n.Entries) == 0 {
			d.Fault(n.Pos, "write "+what, "%s has an empty element", name)
			return Check{}, false
		}
		return read(d, n, name)
	}
	return s
}

var checkFields = []document.Field[Check]{
	{Key: "unique", Doc: "No two rows share the values of these columns.",
		To: document.Into(document.Words("columns"), func(c *Check) *[]document.Word { return &c.Unique })},
	{Key: "not_null", Doc: "None of these columns has a null.",
		To: document.Into(document.Words("columns"), func(c *Check) *[]document.Word { return &c.NotNull })},
	{Key: "values", Doc: "Columns with the values they may have; null is always allowed.",
		To: document.Into(document.MapOf(columnNames, allowedShape, func(name string, pos document.Pos, nodes []*document.Node) Values {
			return Values{Column: name, pos: pos, Allowed: nodes}
		}), func(c *Check) *[]Values { return &c.Values })},
	{Key: "min_rows", Doc: "The table has at least so many rows.",
		To: document.Into(document.Integer[int64](0, document.Unbounded), func(c *Check) *int64 { return &c.MinRows })},
	{Key: "max_shrink", Doc: "Share of its rows the table may lose against the output that would be replaced, such as 5%, or their number.",
		To: document.Into(lossShape(), func(c *Check) *loss { return &c.MaxShrink })},
	{Key: "references", Doc: "Every value of a column that is not null is a key of another table: of this spec, or in a published folder.",
		To: document.Into(document.Object("", referenceFields), func(c *Check) *Reference { return &c.References })},
}

// allowedShape is the list of values a column may have.
var allowedShape = document.Shape[[]*document.Node]{
	Schema: map[string]any{"type": "array", "minItems": 1, "items": map[string]any{"type": []string{"string", "number", "boolean"}}},
	Read: func(d *document.Decoder, n *document.Node, name string) ([]*document.Node, bool) {
		if n.Kind != document.ListNode || len(n.Items) == 0 {
			d.Fault(n.Pos, "write a list of values, such as [A, B]", "%s is %s", name, document.DescribeEmpty(n))
			return nil, false
		}
		var nodes []*document.Node
		for _, item := range n.Items {
			if item.Kind != document.ScalarNode || item.Null() {
				d.Fault(item.Pos, "write values; null is always allowed", "%s holds %s", name, document.Describe(item))
				continue
			}
			nodes = append(nodes, item)
		}
		return nodes, true
	},
}

var referenceFields = []document.Field[Reference]{
	{Key: "column", Doc: "Column of this table, or a list of columns; of a list column every element counts.", Required: "write {column: disease_id, to: out/diseases, key: id}",
		To: document.Into(document.OneOrMore("columns", nil), func(r *Reference) *[]document.Word { return &r.Columns })},
	{Key: "to", Doc: "A table of this spec by its name, or the folder that another pipeline publishes; with several tables folder#table.", Required: "write {column: disease_id, to: out/diseases, key: id}",
		To: document.Into(document.SomeText(nil), func(r *Reference) *string { return &r.To })},
	{Key: "key", Doc: "Column there, or as many as `column` has.", Required: "write {column: disease_id, to: out/diseases, key: id}",
		To: document.Into(document.OneOrMore("columns", nil), func(r *Reference) *[]document.Word { return &r.Keys })},
	{Key: "required", Doc: "false: look only where one run makes both, tell what has no key there, and publish nevertheless.", Absent: "true",
		To: document.Into(document.Boolean(), func(r *Reference) *bool { return &r.Required })},
	{Key: "why", Doc: "Why some have no key there, in a few words: said where the check does not hold, and in the catalog of a run.",
		To: document.Into(document.AnyText(nil), func(r *Reference) *string { return &r.Why })},
}

var loadFields = []document.Field[output]{
	{Key: "to", Doc: "Folder to publish; what it held is replaced as one.", Required: "name a folder, such as `to: out/evidence`",
		To: document.Into(document.SomeText(nil), func(l *output) *string { return &l.To })},
	{Key: "formats", Doc: "Formats to write: a list, or a map with options. Without it: parquet.", Absent: "",
		To: document.Into(formatsShape, func(l *output) *[]Format { return &l.Formats })},
	{Key: "rows_per_file", Doc: "Rows after which a new file begins; 0: one file per table or partition.", Absent: "0",
		To: document.Into(document.Integer[int64](0, document.Unbounded), func(l *output) *int64 { return &l.RowsPerFile })},
}

// lossShape is a share such as 5%, or a number of rows.
func lossShape() document.Shape[loss] {
	share, number := document.Percent(), document.Integer[int64](0, document.Unbounded)
	s := map[string]any{"anyOf": append(slices.Clone(share.Schema["anyOf"].([]any)), number.Schema["anyOf"].([]any)[0])}
	return document.Shape[loss]{Schema: s, Read: func(d *document.Decoder, n *document.Node, name string) (loss, bool) {
		if n.Kind == document.ScalarNode && !strings.HasSuffix(n.Text, "%") && n.Text != "" && strings.Trim(n.Text, "0123456789") == "" {
			rows, ok := number.Read(d, n, name)
			return loss{Rows: rows}, ok
		}
		v, ok := share.Read(d, n, name)
		return loss{Share: v, Rows: -1}, ok
	}}
}
