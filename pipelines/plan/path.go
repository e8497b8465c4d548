package plan

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// defaultSeparator separates the elements of `list: join`.
const defaultSeparator = ", "

// resolvePath resolves a column's path and finds its type.
func (c *compiler) resolvePath(t *table, col *column) {
	spec := col.spec
	if spec.Path == "" || spec.Has("expr") {
		return
	}
	path, err := c.schema.Resolve(c.plan.Connection.Node, spec.Path)
	if err != nil {
		c.fail(spec.Value("path"), col.name, err)
		return
	}
	col.path = path
	if t.spec.Rows != "" && t.rows == nil {
		return // wrong rows would cause wrong faults of the columns
	}
	base := path.Type
	if t.rows != nil && !spec.Whole {
		base = path.Under(t.rows)
		base.Nullable = base.Nullable || t.spec.Outer && below(path, t.rows)
	}
	col.mode, _ = schemas.ParseListMode(spec.List)
	kind, given := schemas.ParseKind(spec.Type)
	key, what, hint := col.optionFault(t, base)
	if key == "" && given {
		key = "type"
		what, hint = col.typeFault(base, kind)
	}
	if what != "" {
		c.Fault(spec.At(key), hint, "%s", col.name+what)
		return
	}
	col.typ, col.done = listed(base, col.mode), true
	if given {
		col.typ.Kind = kind
	}
}

// below reports whether the path goes through a list whose elements make the rows.
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

// listed is the type of a column after its list mode is applied.
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
	case schemas.JoinInner:
		return schemas.Type{Kind: schemas.String, List: true, Nullable: base.Nullable, ElementNullable: true}
	}
	return base
}

// optionFault returns the first option that does not fit the path, with what is wrong and a hint.
func (col *column) optionFault(t *table, base schemas.Type) (key, what, hint string) {
	path := col.path
	switch {
	case path.Ordinal && base.List && t.spec.Rows == "":
		return "path", " is the position of a row's element, and the rows are records", "add rows: with the path of the list"
	case path.Ordinal && base.List:
		return "path", " is the position in a list whose elements do not make the rows",
			"name a list that rows goes through: " + t.spec.Rows
	case !base.List && col.spec.Has("list") && path.Type.List:
		return "list", ".list does nothing: each row already has one value of the list", "remove it"
	case !base.List && col.spec.Has("list"):
		return "list", ".list does nothing: its path goes through no list", "remove it"
	case col.mode == schemas.JoinInner && col.listsBelow(t) < 2:
		return "list", ".list: join_inner joins the last of several lists, and its path goes through one", "write join"
	case col.spec.Labels && path.Enum == "":
		return "labels", fmt.Sprintf(".labels is for enums, and %s is %s", col.spec.Path, path.Type), "remove it"
	case col.spec.Labels && col.mode == schemas.Count && path.Type.List:
		return "labels", ".labels does nothing to a count", "remove it"
	}
	return "", "", ""
}

// listsBelow is the number of lists on the path that do not make the rows.
func (col *column) listsBelow(t *table) (n int) {
	steps := col.path.Steps
	if t.rows != nil && !col.spec.Whole {
		for i := 0; i < min(len(steps), len(t.rows.Steps)) && steps[i].Field == t.rows.Steps[i].Field; i++ {
			if steps[i].List {
				n--
			}
		}
	}
	for _, step := range steps {
		if step.List {
			n++
		}
	}
	return n
}

// typeFault returns why the column cannot have the author's type, with a hint; or "".
func (col *column) typeFault(base schemas.Type, kind schemas.Kind) (what, hint string) {
	const integerHint = "write int32 or int64, or remove it"
	integer := kind == schemas.Int64 || kind == schemas.Int32
	count := base.List && col.mode == schemas.Count
	combined := base.List && (col.mode == schemas.Join || col.mode == schemas.JoinInner || col.mode == schemas.AsJSON)
	switch {
	case col.path.Ordinal && !integer:
		what, hint = "it is a position", integerHint
	case combined && kind != schemas.String && kind != schemas.JSON:
		what, hint = fmt.Sprintf("`list: %s` gives text", col.mode), "remove it"
	case count && !integer:
		what, hint = "it is a count", integerHint
	case col.spec.Labels && kind != schemas.String:
		what, hint = "labels are text", "remove it, or labels"
	case !combined && col.mode != schemas.Count && !converts(base.Kind, kind):
		what = fmt.Sprintf("%s is %s", col.spec.Path, base.Kind)
		hint = "remove it, or write " + strings.Join(kindsOf(base.Kind), ", ")
	default:
		return "", ""
	}
	return fmt.Sprintf(".type cannot be %s: %s", col.spec.Type, what), hint
}

// converts reports whether values of one kind from the API can become a column of another. A test
// compares it with transform.
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

// segmentAt is the offset of a segment in a path, or 0.
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
