package plan

import (
	"errors"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// defaultSeparator stands between the elements of `list: join`.
const defaultSeparator = ", "

// pathColumn resolves a column's path and works out its type.
func (c *compiler) pathColumn(t *draft, i int) {
	spec := &t.spec.Columns[i]
	col := &t.columns[i]
	col.spec = spec
	if spec.Path == "" || spec.Has("expr") {
		return
	}
	name := t.prefix + wording.Join("columns", spec.Name)
	path, err := c.schema.Resolve(c.plan.Connection.Node, spec.Path)
	if err != nil {
		c.pathFault(spec.Value("path"), name, err)
		return
	}
	col.path = path
	if t.spec.Rows != "" && t.rows == nil {
		return // wrong rows would make wrong faults of the columns
	}
	base := path.Type
	if t.rows != nil && !spec.Whole {
		base = path.Under(t.rows)
		base.Nullable = base.Nullable || t.spec.Outer && below(path, t.rows)
	}
	col.mode, _ = schemas.ParseListMode(spec.List)
	if c.ordinalFault(t, col, base, name) || c.listFault(t, col, base, name) || c.labelFault(col, name) {
		return
	}
	col.typ = listed(base, col.mode)
	c.override(col, base, name)
}

// below says whether the path goes through a list whose elements make the rows.
func below(path, rows *schemas.Path) bool {
	for i := range min(len(path.Steps), len(rows.Steps)) {
		a, b := path.Steps[i], rows.Steps[i]
		if a.Field != b.Field || a.Narrow != b.Narrow {
			return false
		}
		if a.List {
			return true
		}
	}
	return false
}

// listed is the type of a column once its list has become what the mode says.
func listed(base schemas.Type, mode schemas.ListMode) schemas.Type {
	if !base.List {
		return base
	}
	switch mode {
	case schemas.Join:
		return schemas.Type{Kind: schemas.String, Nullable: base.Nullable}
	case schemas.AsJSON:
		return schemas.Type{Kind: schemas.JSON, Nullable: base.Nullable}
	case schemas.First:
		return schemas.Type{Kind: base.Kind, Nullable: true}
	case schemas.Count:
		return schemas.Type{Kind: schemas.Int64, Nullable: base.Nullable}
	}
	return base
}

// ordinalFault says what cannot be the place of a row's element in its list.
func (c *compiler) ordinalFault(t *draft, col *draftColumn, base schemas.Type, name string) bool {
	if !col.path.Ordinal {
		return false
	}
	kind, given := schemas.ParseKind(col.spec.Type)
	switch {
	case base.List && t.spec.Rows == "":
		c.Fault(col.spec.At("path"), "add rows: with the path of the list", "%s is the place of a row's element, and the rows are records", name)
	case base.List:
		c.Fault(col.spec.At("path"), "name a list that rows goes through: "+t.spec.Rows, "%s is the place in a list whose elements do not make the rows", name)
	case given && kind != schemas.Int64 && kind != schemas.Int32:
		c.Fault(col.spec.At("type"), "write int32 or int64, or remove it", "%s.type cannot be %s: it is a place", name, kind)
	default:
		return false
	}
	return true
}

func (c *compiler) listFault(t *draft, col *draftColumn, base schemas.Type, name string) bool {
	if base.List || !col.spec.Has("list") {
		return false
	}
	what := "its path goes through no list"
	if col.path.Type.List {
		what = "rows takes the list apart, and this is one value of it"
	}
	c.Fault(col.spec.At("list"), "remove it", "%s.list does nothing: %s", name, what)
	return true
}

func (c *compiler) labelFault(col *draftColumn, name string) bool {
	switch {
	case !col.spec.Labels:
		return false
	case col.path.Enum == "":
		c.Fault(col.spec.At("labels"), "remove it", "%s.labels is for enums, and %s is %s", name, col.spec.Path, col.path.Type)
	case col.mode == schemas.Count && col.path.Type.List:
		c.Fault(col.spec.At("labels"), "remove it", "%s.labels does nothing to a count", name)
	default:
		return false
	}
	return true
}

// override puts the author's type in place of the schema's, if it can be.
func (c *compiler) override(col *draftColumn, base schemas.Type, name string) {
	kind, given := schemas.ParseKind(col.spec.Type)
	if !given {
		col.done = true
		return
	}
	pos := col.spec.At("type")
	combined := base.List && (col.mode == schemas.Join || col.mode == schemas.AsJSON)
	switch {
	case combined && kind != schemas.String && kind != schemas.JSON:
		c.Fault(pos, "remove it", "%s.type cannot be %s: `list: %s` gives text", name, kind, col.mode)
	case base.List && col.mode == schemas.Count && kind != schemas.Int64 && kind != schemas.Int32:
		c.Fault(pos, "write int32 or int64, or remove it", "%s.type cannot be %s: it is a count", name, kind)
	case col.spec.Labels && kind != schemas.String:
		c.Fault(pos, "remove it, or labels", "%s.type cannot be %s: labels are text", name, kind)
	case !combined && col.mode != schemas.Count && !converts(base.Kind, kind):
		c.Fault(pos, "remove it, or write "+strings.Join(kindsOf(base.Kind), ", "),
			"%s.type cannot be %s: %s is %s", name, kind, col.spec.Path, base.Kind)
	default:
		col.typ.Kind, col.done = kind, true
	}
}

// converts says which values the API sends can become which columns. A test
// holds it against what transform does.
func converts(wire, to schemas.Kind) bool {
	number := wire == schemas.Int32 || wire == schemas.Int64 || wire == schemas.Float64
	text := wire == schemas.String || wire == schemas.JSON
	moment := wire == schemas.Timestamp || wire == schemas.Date
	switch to {
	case schemas.String, schemas.JSON:
		return true
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return number || text
	case schemas.Bool:
		return wire == schemas.Bool || text
	case schemas.Timestamp, schemas.Date:
		return moment || text
	}
	return false
}

func kindsOf(wire schemas.Kind) []string {
	var names []string
	for _, name := range schemas.KindNames() {
		if kind, _ := schemas.ParseKind(name); converts(wire, kind) {
			names = append(names, name)
		}
	}
	return names
}

// pathFault says what is wrong with a path, at the segment.
func (c *compiler) pathFault(n *document.Node, name string, err error) {
	var fault *schemas.PathError
	if !errors.As(err, &fault) {
		c.Fault(n.Pos, "", "%s: %v", name, err)
		return
	}
	c.Fault(c.Within(n, segmentAt(n.Text, fault.Segment)), c.Hide(n, fault.Hint), "%s: %s", name, c.Hide(n, fault.What))
}

// segmentAt is where a segment stands in a path, the beginning if it does not.
func segmentAt(path, segment string) int {
	at := 0
	for part := range strings.SplitSeq(path, ".") {
		if part == segment && part != "" {
			return at
		}
		at += len(part) + 1
	}
	return 0
}
