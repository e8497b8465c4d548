package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// typeOf is the type of a column by name; false while it is not known.
func (t *table) typeOf(name string) (schemas.Type, bool) {
	for _, col := range t.columns {
		if col.spec.Name == name {
			return col.typ, col.done
		}
	}
	return schemas.Type{}, false
}

// checkKeys checks the types of the columns in key and partition_by.
func (c *compiler) checkKeys(t *table) {
	for _, w := range t.spec.Key {
		if typ, ok := t.typeOf(w.Text); ok && typ.List {
			c.Fault(w.Node.Pos, "name columns with one value a row",
				"%skey cannot use %s, which is %s", t.prefix, wording.Quote(w.Text), typ)
		}
	}
	for _, w := range t.spec.PartitionBy {
		if typ, ok := t.typeOf(w.Text); ok && (typ.List || typ.Kind == schemas.JSON) {
			c.Fault(w.Node.Pos, "name columns with one plain value a row",
				"%spartition_by cannot use %s, which is %s", t.prefix, wording.Quote(w.Text), typ)
		}
	}
}

// addChecks translates the checks of the spec.
func (c *compiler) addChecks(t *table) {
	for i := range t.spec.Checks {
		check := &t.spec.Checks[i]
		switch {
		case check.Has("unique"):
			t.add(check, Check{Kind: "unique", Columns: texts(check.Unique)})
		case check.Has("not_null"):
			t.add(check, Check{Kind: "not_null", Columns: texts(check.NotNull)})
		case check.Has("values"):
			for _, v := range check.Values {
				if values := c.allowed(t, v); v.Arg == "" || len(values) > 0 {
					t.add(check, Check{Kind: "values", Columns: []string{v.Column.Text}, Values: values})
				}
			}
		case check.Has("min_rows"):
			t.add(check, Check{Kind: "min_rows", MinRows: check.MinRows, Key: fmt.Sprintf("%schecks[%d].min_rows", t.prefix, i)})
		case check.Has("max_shrink"):
			t.add(check, Check{Kind: "max_shrink", MaxShrink: check.MaxShrink.Share, MaxLost: check.MaxShrink.Rows})
		case check.Has("references"):
			t.add(check, c.reference(t, &check.References))
		}
	}
}

// add adds a check with its place.
func (t *table) add(spec *spec.Check, c Check) {
	c.Pos = spec.At(c.Kind)
	if e := spec.Node.Entry(c.Kind); e != nil {
		c.Pos = e.Pos // of the key, not of its value
	}
	t.checks = append(t.checks, c)
}

// allowed returns the values of a check as the column prints them, and reports those that the column cannot have.
func (c *compiler) allowed(t *table, v spec.Values) []string {
	typ, known := t.typeOf(v.Column.Text)
	name := t.prefix + "checks.values of " + wording.Quote(v.Column.Text)
	if v.Arg != "" {
		return c.following(t, v, name)
	}
	var values []string
	for _, n := range v.Allowed {
		l, ok := c.Scalar(n)
		if !ok {
			continue
		}
		text, fits := l.Text, true
		if known {
			text, fits = Printed(l, typ.Kind)
		}
		if !fits {
			c.Fault(n.Pos, ValueHint(n, typ.Kind), "%s cannot be %s: it is a column of %s", name, document.Describe(n), typ)
			continue
		}
		if slices.Contains(values, text) {
			c.Fault(n.Pos, "name it once", "%s names %s twice", name, document.Describe(n))
		}
		values = append(values, text)
	}
	return values
}

// following returns the values of an enum column that an argument of the connection asks for, as the column prints
// them; none if the argument lets all through.
func (c *compiler) following(t *table, v spec.Values, name string) []string {
	connection := c.plan.Connection
	if connection.Args.ForName(v.Arg) == nil {
		var known []string
		for _, a := range connection.Args {
			known = append(known, a.Name)
		}
		c.Fault(v.At("arg"), wording.DidYouMean(v.Arg, known),
			"%s: %s has no argument %s", name, connection.Name, wording.Quote(v.Arg))
		return nil
	}
	i := slices.IndexFunc(t.columns, func(col column) bool { return col.spec.Name == v.Column.Text })
	if i < 0 || t.columns[i].path == nil && t.columns[i].spec.Expr == "" {
		return nil // reported already
	}
	col := t.columns[i]
	if col.path == nil || col.path.Enum == "" || col.mode == schemas.Count {
		c.Fault(v.At("arg"), "write a list of values", "%s can follow an argument only if the column is an enum", name)
		return nil
	}
	var values []string
	for _, value := range askedFor(c.spec.Extract.Args, connection, v.Arg, c.schema.EnumValues(col.path.Enum)) {
		if col.spec.Labels {
			value = schemas.Label(col.path.Enum, value)
		}
		values = append(values, value)
	}
	return values
}

// askedFor returns the values of an enum that records have under an argument: its own value or values, or all but
// one for a value such as NON_REJECTED. None means any.
func askedFor(args map[string]any, connection *schemas.Connection, arg string, enum []string) []string {
	asked, given := args[arg]
	if !given {
		defaults, _, _ := strings.Cut(connection.DefaultFilter, ",")
		asked, _ = strings.CutPrefix(defaults, arg+": ")
	}
	list, ok := asked.([]any)
	if !ok {
		list = []any{asked}
	}
	var values []string
	for _, v := range list {
		name := fmt.Sprint(v)
		but, isNegation := strings.CutPrefix(name, "NON_")
		switch {
		case slices.Contains(enum, name):
			values = append(values, name)
		case isNegation && slices.Contains(enum, but):
			values = append(values, slices.DeleteFunc(slices.Clone(enum), func(v string) bool { return v == but })...)
		default:
			return nil
		}
	}
	return values
}

// ValueHint says what to write as a value of a kind.
func ValueHint(n *document.Node, kind schemas.Kind) string {
	switch kind {
	case schemas.String, schemas.Enum:
		return `put quotes round it: "` + wording.Shorten(n.Text, wording.LongestValue) + `"`
	case schemas.Int32, schemas.Int64:
		return "write a whole number"
	case schemas.Float64:
		return "write a number"
	case schemas.Bool:
		return "write true or false"
	}
	return "check a column of another type"
}

// Printed returns a value as a column of the kind prints it; false if the column cannot have it.
func Printed(l document.Literal, kind schemas.Kind) (string, bool) {
	value := l.FilledValue()
	switch kind {
	case schemas.String, schemas.Enum:
		_, isText := l.Value().(string)
		return l.Text, isText || l.Filled
	case schemas.Int32, schemas.Int64:
		n, ok := value.(int64)
		return strconv.FormatInt(n, 10), ok && (kind == schemas.Int64 || n == int64(int32(n)))
	case schemas.Float64:
		if n, ok := value.(int64); ok {
			value = float64(n)
		}
		f, ok := value.(float64)
		return strconv.FormatFloat(f, 'g', -1, 64), ok
	case schemas.Bool:
		b, ok := value.(bool)
		return strconv.FormatBool(b), ok
	}
	return "", false
}
