package pipelines

import (
	"slices"
	"strconv"

	"github.com/civic-etl/civic-etl/schemas"
)

// typeOf is the type of a column by name; false while it is not known.
func (t *draft) typeOf(name string) (schemas.Type, bool) {
	for _, col := range t.columns {
		if col.spec.Name == name {
			return col.typ, col.done
		}
	}
	return schemas.Type{}, false
}

// keys checks the types of the columns that tell rows apart, and of those that
// become folders.
func (c *compiler) keys(t *draft) {
	for _, w := range t.spec.key {
		if typ, ok := t.typeOf(w.Text); ok && typ.List {
			c.fault(w.node.pos, "name columns with one value a row", "%skey cannot take %s, which is %s", t.prefix, quote(w.Text), typ)
		}
	}
	for _, w := range t.spec.partitionBy {
		if typ, ok := t.typeOf(w.Text); ok && (typ.List || typ.Kind == schemas.JSON) {
			c.fault(w.node.pos, "name columns with one plain value a row", "%spartition_by cannot take %s, which is %s", t.prefix, quote(w.Text), typ)
		}
	}
}

// checks makes the plan's checks of the spec's.
func (c *compiler) checks(t *draft) {
	for i := range t.spec.checks {
		check := &t.spec.checks[i]
		switch {
		case check.has("unique"):
			t.add(check, Check{Kind: "unique", Columns: texts(check.unique)})
		case check.has("not_null"):
			t.add(check, Check{Kind: "not_null", Columns: texts(check.notNull)})
		case check.has("values"):
			for _, v := range check.values {
				t.add(check, Check{Kind: "values", Columns: []string{v.column}, Values: c.allowed(t, v)})
			}
		case check.has("min_rows"):
			t.add(check, Check{Kind: "min_rows", MinRows: check.minRows})
		case check.has("max_shrink"):
			t.add(check, Check{Kind: "max_shrink", MaxShrink: check.maxShrink.share, MaxLost: check.maxShrink.rows})
		case check.has("references"):
			t.add(check, c.reference(t, &check.references))
		}
	}
}

// add keeps a check with its place.
func (t *draft) add(spec *checkSpec, c Check) {
	c.Pos = spec.at(c.Kind)
	for _, e := range spec.nodes[""].entries { // the key, rather than its value
		if e.key == c.Kind {
			c.Pos = e.pos
		}
	}
	t.checks = append(t.checks, c)
}

// allowed are the values of a check as the column's own values print, after
// saying which cannot be values of it.
func (c *compiler) allowed(t *draft, v valuesSpec) []string {
	typ, known := t.typeOf(v.column)
	var values []string
	for _, n := range v.allowed {
		l, ok := c.scalar(n)
		if !ok {
			continue
		}
		text, fits := l.text, true
		if known {
			text, fits = printed(l, typ.Kind)
		}
		if !fits {
			c.fault(n.pos, valueHint(n, typ.Kind), "%schecks.values of %s cannot be %s: it is a column of %s", t.prefix, quote(v.column), describe(n), typ)
			continue
		}
		if slices.Contains(values, text) {
			c.fault(n.pos, "name it once", "%schecks.values of %s names %s twice", t.prefix, quote(v.column), describe(n))
		}
		values = append(values, text)
	}
	return values
}

func valueHint(n *node, kind schemas.Kind) string {
	switch kind {
	case schemas.String, schemas.Enum:
		return `put quotes round it: "` + shorten(n.text, longestValue) + `"`
	case schemas.Int32, schemas.Int64:
		return "write a whole number"
	case schemas.Float64:
		return "write a number"
	case schemas.Bool:
		return "write true or false"
	}
	return "check a column of another type"
}

// printed is a value as a column of the kind prints it; false if it cannot be one.
func printed(l literal, kind schemas.Kind) (string, bool) {
	value := l.value()
	if l.filled {
		value = resolve(l.text)
	}
	switch kind {
	case schemas.String, schemas.Enum:
		_, isText := l.value().(string)
		return l.text, isText || l.filled
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
