package pipelines

import (
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

var tablesShape = mapOf(tableNames, tableShape(), func(name string, pos Pos, t tableSpec) tableSpec {
	t.Name = name
	return t
})

// tableShape is a table of several: it must have columns.
func tableShape() shape[tableSpec] {
	fields := append([]field[tableSpec]{}, tableFields...)
	fields[0].required = "give the table columns, such as `columns: {id: id}`"
	return object("A table.", fields)
}

var tableFields = []field[tableSpec]{
	{key: "columns", doc: "Columns by name, in order: a path, or a map with `path` or `expr` and more.",
		to: into(columnsShape, func(t *tableSpec) *[]columnSpec { return &t.Columns })},
	{key: "doc", doc: "What the table holds: what a row is, what is left out, what to mind.",
		to: into(anyText(nil), func(t *tableSpec) *string { return &t.Doc })},
	{key: "rows", doc: "Path of a list: one row for each of its elements. Without it: one row for each record.",
		to: into(someText(nil), func(t *tableSpec) *string { return &t.Rows })},
	{key: "outer", doc: "With `rows`: keep records without any element, as one row.", absent: "false",
		to: into(boolean(), func(t *tableSpec) *bool { return &t.Outer })},
	{key: "key", doc: "Columns that tell rows apart.",
		to: into(words("columns"), func(t *tableSpec) *[]word { return &t.key })},
	{key: "filter", doc: "Expression over the columns; a row stays where it is true.",
		to: into(someText(nil), func(t *tableSpec) *string { return &t.Filter })},
	{key: "partition_by", doc: "Columns whose values become Hive folders, column=value.",
		to: into(words("columns"), func(t *tableSpec) *[]word { return &t.partitionBy })},
	{key: "checks", doc: "What must hold before anything is published.",
		to: into(listOf(checkShape, "`- unique: [id]`"), func(t *tableSpec) *[]checkSpec { return &t.checks })},
}

var columnsShape = mapOf(columnNames, columnShape(), func(name string, pos Pos, c columnSpec) columnSpec {
	c.Name, c.pos = name, pos
	return c
})

// columnShape is the short form, a path, or the long form, a map.
func columnShape() shape[columnSpec] {
	long := object("A column: a path or an expression, and what is made of it.", columnFields)
	long.schema["type"] = "object"
	long.schema["oneOf"] = []any{
		map[string]any{"required": []string{"path"}},
		map[string]any{"required": []string{"expr"}},
	}
	short := someText(map[string]any{"description": "A path from the record, such as disease.name."})
	return shape[columnSpec]{
		schema: map[string]any{"oneOf": []any{short.schema, long.schema}},
		read: func(d *decoder, n *node, name string) (columnSpec, bool) {
			if n.kind == mapNode {
				return long.read(d, n, name)
			}
			c := columnSpec{List: schemas.Keep.String()}
			c.mark("", n)
			c.mark("path", n)
			if n.kind == listNode {
				d.fault(n.pos, "write a path, such as disease.name", "%s is a list", name)
			} else {
				c.Path, _ = short.read(d, n, name)
			}
			return c, true
		},
	}
}

var columnFields = []field[columnSpec]{
	{key: "path", doc: "Field names of the API joined by dots; a capital narrows: GeneVariant.coordinates.start.",
		to: into(someText(nil), func(c *columnSpec) *string { return &c.Path })},
	{key: "expr", doc: "Expression over the table's other columns.",
		to: into(someText(nil), func(c *columnSpec) *string { return &c.Expr })},
	{key: "type", doc: "Type in place of the schema's. A value that does not fit makes the record a reject.",
		to: into(choice(schemas.KindNames(), "int", "float", "float64", "boolean"), func(c *columnSpec) *string { return &c.Type })},
	{key: "list", doc: "What becomes of a path through a list: keep it, join it to one text, one JSON text, the first element, the number of elements, or the list without repeats.", absent: schemas.Keep.String(),
		to: into(choice(schemas.ListModeNames()), func(c *columnSpec) *string { return &c.List })},
	{key: "separator", doc: "Text between the elements of `list: join`; `, ` without it.",
		to: into(anyText(nil), func(c *columnSpec) *string { return &c.Separator })},
	{key: "labels", doc: "Display labels in place of enum codes: Sensitivity/Response for SENSITIVITYRESPONSE.", absent: "false",
		to: into(boolean(), func(c *columnSpec) *bool { return &c.Labels })},
	{key: "whole", doc: "With `rows`: take all that the record has along the path, in every row, and not what the row's element has.", absent: "false",
		to: into(boolean(), func(c *columnSpec) *bool { return &c.Whole })},
	{key: "hidden", doc: "For expressions only: the column is not written.", absent: "false",
		to: into(boolean(), func(c *columnSpec) *bool { return &c.Hidden })},
	{key: "doc", doc: "What the column means.",
		to: into(anyText(nil), func(c *columnSpec) *string { return &c.Doc })},
}

var checkShape = oneKey(object("One check.", checkFields), "one check, such as `unique: [id]`")

// oneKey is a map with just one of its keys.
func oneKey(s shape[checkSpec], what string) shape[checkSpec] {
	read := s.read
	s.schema["minProperties"], s.schema["maxProperties"], s.schema["type"] = 1, 1, "object"
	s.read = func(d *decoder, n *node, name string) (checkSpec, bool) {
		if n.kind == mapNode && len(n.entries) > 1 {
			d.fault(n.entries[1].pos, "begin each with a dash of its own", "this element of %s holds %d checks", name, len(n.entries))
		}
		if n.null() || n.kind == mapNode && len(n.entries) == 0 {
			d.fault(n.pos, "write "+what, "%s has an empty element", name)
			return checkSpec{}, false
		}
		return read(d, n, name)
	}
	return s
}

var checkFields = []field[checkSpec]{
	{key: "unique", doc: "No two rows share the values of these columns.",
		to: into(words("columns"), func(c *checkSpec) *[]word { return &c.unique })},
	{key: "not_null", doc: "None of these columns has a null.",
		to: into(words("columns"), func(c *checkSpec) *[]word { return &c.notNull })},
	{key: "values", doc: "Columns with the values they may have; null is always allowed.",
		to: into(mapOf(columnNames, allowedShape, func(name string, pos Pos, nodes []*node) valuesSpec {
			return valuesSpec{column: name, pos: pos, allowed: nodes}
		}), func(c *checkSpec) *[]valuesSpec { return &c.values })},
	{key: "min_rows", doc: "The table has at least so many rows.",
		to: into(integer[int64](0, unbounded), func(c *checkSpec) *int64 { return &c.minRows })},
	{key: "max_shrink", doc: "Share of its rows the table may lose against the output that would be replaced, such as 5%, or their number.",
		to: into(lossShape(), func(c *checkSpec) *loss { return &c.maxShrink })},
	{key: "references", doc: "Every value of a column that is not null is a key of another table: of this spec, or in a published folder.",
		to: into(object("", referenceFields), func(c *checkSpec) *reference { return &c.references })},
}

// allowedShape is the list of values a column may have.
var allowedShape = shape[[]*node]{
	schema: map[string]any{"type": "array", "minItems": 1, "items": map[string]any{"type": []string{"string", "number", "boolean"}}},
	read: func(d *decoder, n *node, name string) ([]*node, bool) {
		if n.kind != listNode || len(n.items) == 0 {
			d.fault(n.pos, "write a list of values, such as [A, B]", "%s is %s", name, describeEmpty(n))
			return nil, false
		}
		var nodes []*node
		for _, item := range n.items {
			if item.kind != scalarNode || item.null() {
				d.fault(item.pos, "write values; null is always allowed", "%s holds %s", name, describe(item))
				continue
			}
			nodes = append(nodes, item)
		}
		return nodes, true
	},
}

var referenceFields = []field[reference]{
	{key: "column", doc: "Column of this table, or a list of columns; of a list column every element counts.", required: "write {column: disease_id, to: out/diseases, key: id}",
		to: into(oneOrMore("columns", nil), func(r *reference) *[]word { return &r.columns })},
	{key: "to", doc: "A table of this spec by its name, or the folder that another pipeline publishes; with several tables folder#table.", required: "write {column: disease_id, to: out/diseases, key: id}",
		to: into(someText(nil), func(r *reference) *string { return &r.to })},
	{key: "key", doc: "Column there, or as many as `column` has.", required: "write {column: disease_id, to: out/diseases, key: id}",
		to: into(oneOrMore("columns", nil), func(r *reference) *[]word { return &r.keys })},
	{key: "required", doc: "false: look only where one run makes both, tell what has no key there, and publish nevertheless.", absent: "true",
		to: into(boolean(), func(r *reference) *bool { return &r.required })},
	{key: "why", doc: "Why some have no key there, in a few words: said where the check does not hold, and in the catalog of a run.",
		to: into(anyText(nil), func(r *reference) *string { return &r.why })},
}

var loadFields = []field[output]{
	{key: "to", doc: "Folder to publish; what it held is replaced as one.", required: "name a folder, such as `to: out/evidence`",
		to: into(someText(nil), func(l *output) *string { return &l.To })},
	{key: "formats", doc: "Formats to write: a list, or a map with options. Without it: parquet.", absent: "",
		to: into(formatsShape, func(l *output) *[]formatSpec { return &l.formats })},
	{key: "rows_per_file", doc: "Rows after which a new file begins; 0: one file per table or partition.", absent: "0",
		to: into(integer[int64](0, unbounded), func(l *output) *int64 { return &l.RowsPerFile })},
}

// lossShape is a share such as 5%, or a number of rows.
func lossShape() shape[loss] {
	share, number := percent(), integer[int64](0, unbounded)
	s := map[string]any{"anyOf": append(slices.Clone(share.schema["anyOf"].([]any)), number.schema["anyOf"].([]any)[0])}
	return shape[loss]{schema: s, read: func(d *decoder, n *node, name string) (loss, bool) {
		if n.kind == scalarNode && !strings.HasSuffix(n.text, "%") && n.text != "" && strings.Trim(n.text, "0123456789") == "" {
			rows, ok := number.read(d, n, name)
			return loss{rows: rows}, ok
		}
		v, ok := share.read(d, n, name)
		return loss{share: v, rows: -1}, ok
	}}
}
