package spec

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// TableName is the pattern of the name of a table.
var TableName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

var tableNames = document.Naming{What: "table", Pattern: TableName.String(), Check: func(name string) string {
	if TableName.MatchString(name) {
		return ""
	}
	return "use a-z, 0-9, _ and -, at most 100 of them, beginning with a letter or digit"
}}

var tablesShape = document.MapOf(tableNames, tableShape(), func(name string, _ document.Pos, t Table) Table {
	t.Name = name
	return t
})

// tableShape is one of several tables: it must have columns.
func tableShape() document.Shape[Table] {
	fields := slices.Clone(tableFields)
	fields[0] = required("give the table columns, such as `columns: {id: id}`", fields[0])
	return document.Object("A table.", fields)
}

var tableFields = []document.Field[Table]{
	field("columns", "Columns by name, in order: a path, or a map with `path` or `expr` and more.",
		columnsShape, func(t *Table) *[]Column { return &t.Columns }),
	field("doc", "What the table holds: what a row is, and which records it leaves out.",
		emptyText, func(t *Table) *string { return &t.Doc }),
	field("rows", "Path of a list: one row for each of its elements. The default is one row for each record.",
		text, func(t *Table) *string { return &t.Rows }),
	optional("false", field("outer", "With `rows`: keep records without any element, as one row.",
		boolean, func(t *Table) *bool { return &t.Outer })),
	field("key", "Columns that identify a row.", columns, func(t *Table) *[]document.Word { return &t.Key }),
	field("filter", "Expression over the columns; rows are kept where it is true.",
		text, func(t *Table) *string { return &t.Filter }),
	field("partition_by", "Columns whose values become Hive folders, column=value.",
		columns, func(t *Table) *[]document.Word { return &t.PartitionBy }),
	field("checks", "Checks that must pass before anything is published.",
		document.ListOf(checkShape(), "`- unique: [id]`"), func(t *Table) *[]Check { return &t.Checks }),
}

var columnNames = document.Naming{
	What: "column", Pattern: `^(?:[^\x00-\x1f\x7f$]|\$+(?:[^\x00-\x1f\x7f${]|$)){1,128}$`, Check: checkColumnName,
}

func checkColumnName(name string) string {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return "give it a name without spaces around it"
	case len(name) > 128:
		return "use at most 128 bytes"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "leave control characters out"
	case strings.Contains(name, "${"):
		return "leave ${ out: names hold no variables, and Spark would replace it"
	}
	return ""
}

var columnsShape = document.MapOf(columnNames, columnShape(), func(name string, _ document.Pos, c Column) Column {
	c.Name = name
	return c
})

// columnShape is the short form, a path, or the long form, a map.
func columnShape() document.Shape[Column] {
	long := document.Object("A column: a path or an expression, with options.", columnFields)
	long.Schema["type"] = "object"
	long.Schema["oneOf"] = []any{requires("path"), requires("expr"), requires("lookup")}
	short := document.SomeText(map[string]any{"description": "A path from the record, such as disease.name."})
	return document.Shape[Column]{
		Schema: map[string]any{"oneOf": []any{short.Schema, long.Schema}},
		Read: func(d *document.Decoder, n *document.Node, name string) (Column, bool) {
			if n.Kind == document.MapNode {
				return long.Read(d, n, name)
			}
			c := Column{List: schemas.Keep.String()}
			path := document.Entry{Key: "path", Pos: n.Pos, Value: n}
			c.Node = &document.Node{Kind: document.MapNode, Pos: n.Pos, Entries: []document.Entry{path}}
			if n.Kind == document.ListNode {
				d.Fault(n.Pos, "write a path, such as disease.name", "%s is a list", name)
				return c, true
			}
			c.Path, _ = short.Read(d, n, name)
			return c, true
		},
	}
}

var columnFields = []document.Field[Column]{
	field("path", "Field names of the API, joined by dots; a type name narrows: GeneVariant.coordinates.start.",
		text, func(c *Column) *string { return &c.Path }),
	field("expr", "Expression over the table's other columns.", text, func(c *Column) *string { return &c.Expr }),
	field("lookup", "A lookup: the column is the list of its values for the key in the column `by`.",
		text, func(c *Column) *string { return &c.Lookup }),
	field("by", "With `lookup`: the column that holds the key.", text, func(c *Column) *string { return &c.By }),
	field("type", "Type instead of the schema's. A record with a value that does not fit is rejected.",
		document.Choice(schemas.KindNames(), "int", "float", "float64", "boolean"),
		func(c *Column) *string { return &c.Type }),
	optional(schemas.Keep.String(), field("list",
		"How to write a path through a list: keep it, join it to one text, write one JSON text, the first element, "+
			"the number of elements, or the list without repeats.",
		document.Choice(schemas.ListModeNames()), func(c *Column) *string { return &c.List })),
	field("separator", "Text between the elements of `list: join`; the default is `, `.",
		emptyText, func(c *Column) *string { return &c.Separator }),
	optional("false", field("labels", "Labels instead of enum codes: Sensitivity/Response for SENSITIVITYRESPONSE.",
		boolean, func(c *Column) *bool { return &c.Labels })),
	optional("false", field("whole", "With `rows`: write all values of the record into every row, not only the element's.",
		boolean, func(c *Column) *bool { return &c.Whole })),
	optional("false", field("repeat",
		"Repeat each row as often as `expr` says; the column counts the rows from 1. The expression sees columns with paths.",
		boolean, func(c *Column) *bool { return &c.Repeat })),
	optional("false", field("hidden", "For expressions only: the column is not written.",
		boolean, func(c *Column) *bool { return &c.Hidden })),
	field("doc", "What the column means.", emptyText, func(c *Column) *string { return &c.Doc }),
}

// checkShape is a map with exactly one check.
func checkShape() document.Shape[Check] {
	s := document.Object("One check.", checkFields)
	read := s.Read
	s.Schema["minProperties"], s.Schema["maxProperties"], s.Schema["type"] = 1, 1, "object"
	s.Read = func(d *document.Decoder, n *document.Node, name string) (Check, bool) {
		switch {
		case n.Null() || n.Kind == document.MapNode && len(n.Entries) == 0:
			d.Fault(n.Pos, "write one check, such as `unique: [id]`", "%s has an empty element", name)
			return Check{}, false
		case len(n.Entries) > 1:
			d.Fault(n.Entries[1].Pos, "begin each check with a dash",
				"this element of %s holds %d checks", name, len(n.Entries))
		}
		return read(d, n, name)
	}
	return s
}

var checkFields = []document.Field[Check]{
	field("unique", "No two rows have the same values in these columns.",
		columns, func(c *Check) *[]document.Word { return &c.Unique }),
	field("not_null", "None of these columns has a null.",
		columns, func(c *Check) *[]document.Word { return &c.NotNull }),
	field("values", "Columns with their allowed values; null is always allowed.",
		document.MapOf(columnNames, valuesShape(), func(name string, pos document.Pos, v Values) Values {
			v.Column = document.Word{Text: name, Node: &document.Node{Pos: pos}}
			return v
		}), func(c *Check) *[]Values { return &c.Values }),
	field("min_rows", "The table has at least this number of rows.",
		rowCount, func(c *Check) *int64 { return &c.MinRows }),
	field("max_shrink", "Rows that the table may lose against the former output: a share, such as 5%, or a number.",
		lossShape(), func(c *Check) *loss { return &c.MaxShrink }),
	field("references", "Every value of a column, unless null, is a key of another table, here or in a published folder.",
		document.Object("", referenceFields), func(c *Check) *Reference { return &c.References }),
}

// valuesShape is a list of values, or the argument that they follow.
func valuesShape() document.Shape[Values] {
	follow := document.Object("The values that an argument of the connection asks for.", []document.Field[Values]{
		required("write {arg: status}",
			field("arg", "An argument of extract.args, such as status: ACCEPTED allows ACCEPTED, NON_REJECTED all but REJECTED.",
				text, func(v *Values) *string { return &v.Arg })),
	})
	return document.Shape[Values]{
		Schema: map[string]any{"anyOf": []any{allowedShape.Schema, follow.Schema}},
		Read: func(d *document.Decoder, n *document.Node, name string) (Values, bool) {
			if n.Kind == document.MapNode {
				return follow.Read(d, n, name)
			}
			nodes, ok := allowedShape.Read(d, n, name)
			return Values{Allowed: nodes}, ok
		},
	}
}

// allowedShape is the list of values a column may have.
var allowedShape = document.Shape[[]*document.Node]{
	Schema: map[string]any{
		"type": "array", "minItems": 1, "items": map[string]any{"type": []string{"string", "number", "boolean"}},
	},
	Read: func(d *document.Decoder, n *document.Node, name string) ([]*document.Node, bool) {
		if n.Kind != document.ListNode || len(n.Items) == 0 {
			d.Fault(n.Pos, "write a list of values, such as [A, B], or {arg: status}", "%s is %s", name, document.Describe(n))
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

const referenceHint = "write {column: disease_id, to: out/diseases, key: id}"

var referenceFields = []document.Field[Reference]{
	required(referenceHint, field("column", "Column of this table, or a list of columns; of a list column every element.",
		someOf, func(r *Reference) *[]document.Word { return &r.Columns })),
	required(referenceHint, field("to",
		"A table of this spec, or another pipeline's folder; with several tables folder#table.",
		path, func(r *Reference) *string { return &r.To })),
	required(referenceHint, field("key", "Column of that table, or as many columns as `column` has.",
		someOf, func(r *Reference) *[]document.Word { return &r.Keys })),
	optional("true", field("required", "false: check only if one run makes both tables, and only report.",
		boolean, func(r *Reference) *bool { return &r.Required })),
	field("why", "Why some values have no match, in a few words: for the check's message and the catalog of a run.",
		emptyText, func(r *Reference) *string { return &r.Why }),
}

// lossShape is a share, such as 5%, or a number of rows.
func lossShape() document.Shape[loss] {
	share := document.Percent()
	s := map[string]any{"anyOf": append(slices.Clone(share.Schema["anyOf"].([]any)), rowCount.Schema["anyOf"].([]any)[0])}
	return document.Shape[loss]{Schema: s, Read: func(d *document.Decoder, n *document.Node, name string) (loss, bool) {
		if n.Kind == document.ScalarNode && n.Text != "" && strings.Trim(n.Text, "0123456789") == "" {
			rows, ok := rowCount.Read(d, n, name)
			return loss{Rows: rows}, ok
		}
		v, ok := share.Read(d, n, name)
		return loss{Share: v, Rows: -1}, ok
	}}
}
