// Package drift compares the server's schema with the one that plans were compiled with, and reports each change at the
// place in the spec that it affects. It never changes a plan.
package drift

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// Severity is the effect of a change on a run.
type Severity string

// Severities.
const (
	Broken Severity = "error"   // a run fails
	risky  Severity = "warning" // a run may fail, now or soon
	noted  Severity = "note"    // a run succeeds
)

// Change is one difference of the schemas, at the place in the spec that it affects.
type Change struct {
	Severity Severity
	Fault    document.Fault
}

type comparison struct {
	plan    *plan.Plan
	server  *schemas.Schema
	changes []Change
}

// Find compares the plan's schema with the server's, in the parts that the plan uses. It compiles the spec again, to
// find the changes that make the plan impossible.
func Find(p *plan.Plan, server *schemas.Schema) []Change {
	d := &comparison{plan: p, server: server}
	settings := p.Settings
	settings.Schema = server
	var faults document.Faults
	if _, err := plan.Compile(p.Spec, settings); errors.As(err, &faults) {
		for _, f := range faults {
			d.changes = append(d.changes, Change{Broken, f})
		}
	}
	if connection, err := server.Connection(p.Connection.Name); err == nil {
		d.connection(connection)
		d.arguments()
		d.tables(connection.Node)
		if !slices.ContainsFunc(d.changes, func(c Change) bool { return c.Severity == Broken }) {
			d.query()
		}
	}
	return tidy(d.changes)
}

func (d *comparison) add(s Severity, pos document.Pos, hint, what string, args ...any) {
	d.changes = append(d.changes, Change{s, document.Fault{
		File: d.plan.Spec.File, Pos: pos, What: wording.Fit(fmt.Sprintf(what, args...)), Hint: wording.Fit(hint),
	}})
}

// tidy sorts changes like the faults of a spec, and drops repeated ones: the first counts.
func tidy(list []Change) []Change {
	rank := map[document.Fault]Severity{}
	var faults document.Faults
	for _, c := range list {
		if _, said := rank[c.Fault]; !said {
			rank[c.Fault] = c.Severity
			faults = append(faults, c.Fault)
		}
	}
	out := make([]Change, 0, len(faults))
	for _, f := range faults.Tidy() {
		out = append(out, Change{rank[f], f})
	}
	return out
}

func (d *comparison) connection(now *schemas.Connection) {
	then, at := d.plan.Connection, d.plan.Spec.Extract.At("from")
	if now.Node != then.Node {
		d.add(noted, at, "", "records of %s are %s now, they were %s", now.Name, now.Node, then.Node)
	}
	if now.Deprecated != "" {
		d.add(risky, at, "", "%s is deprecated in the API: %s", now.Name, now.Deprecated)
	}
}

func (d *comparison) arguments() {
	e := &d.plan.Spec.Extract
	for _, a := range d.server.DeprecatedValues(d.plan.Connection, e.Args) {
		pos := e.At("args")
		if at := plan.Follow(e.ArgNodes, a.Path); at != nil {
			pos = at.Pos
		}
		d.add(risky, pos, a.Hint, "extract.args: %s", a.What)
	}
}

func (d *comparison) tables(node string) {
	for i := range d.plan.Spec.Tables {
		t := &d.plan.Spec.Tables[i]
		if t.Rows != "" {
			then, err := d.plan.Schema.ResolveRows(d.plan.Connection.Node, t.Rows)
			now, gone := d.server.ResolveRows(node, t.Rows)
			if err == nil && gone == nil {
				d.steps(t.Value("rows"), d.plan.Spec.Prefix(t)+"rows", then, now)
			}
		}
		for k := range t.Columns {
			d.column(i, k, node)
		}
	}
}

func (d *comparison) column(table, k int, node string) {
	t := &d.plan.Spec.Tables[table]
	spec := &t.Columns[k]
	if spec.Path == "" {
		return
	}
	name := d.plan.Spec.Prefix(t) + wording.Join("columns", spec.Name)
	then, err := d.plan.Schema.Resolve(d.plan.Connection.Node, spec.Path)
	now, gone := d.server.Resolve(node, spec.Path)
	if err != nil || gone != nil {
		return // compiling has reported it
	}
	d.steps(spec.Value("path"), name, then, now)
	d.enum(table, k, name, then, now)
}

// steps compares the fields along a path, each at its segment.
func (d *comparison) steps(n *document.Node, name string, then, now *schemas.Path) {
	for i := range min(len(then.Steps), len(now.Steps)) {
		a, b := then.Steps[i], now.Steps[i]
		pos := d.plan.Spec.Decoder.Within(n, stepAt(n.Text, i))
		if a.GraphQL != b.GraphQL {
			leaf := i == len(then.Steps)-1 && !then.Ordinal && then.Type.Kind != schemas.Object
			s, what := d.typeChange(a, b, leaf)
			if s == risky && then.Type == now.Type {
				s, what = noted, "the column's values fit as before"
			}
			d.add(s, pos, "", "%s: %s is %s now, it was %s: %s", name, b.Field, b.GraphQL, a.GraphQL, what)
		}
		if b.Deprecated != "" {
			d.add(risky, pos, "", "%s: %s is deprecated in the API: %s", name, b.Field, b.Deprecated)
		}
	}
}

func (d *comparison) typeChange(then, now schemas.Step, leaf bool) (Severity, string) {
	a, b := d.plan.Schema.Kind(then.Type), d.server.Kind(now.Type)
	switch {
	case then.List != now.List || then.Connection != now.Connection:
		return Broken, "the values have another shape"
	case leaf && a != b && !(textual(a) && textual(b)):
		return Broken, fmt.Sprintf("a value is %s, the column's are %s", b, a)
	case !then.Nullable && now.Nullable:
		return risky, "a null where the column takes none would be a rejected record"
	case !then.ElementNullable && now.ElementNullable:
		return risky, "elements of the list may be null"
	}
	return noted, "the column's values fit as before"
}

func textual(k schemas.Kind) bool { return k == schemas.String || k == schemas.Enum }

func (d *comparison) enum(table, k int, name string, then, now *schemas.Path) {
	if then.Enum == "" || now.Enum == "" {
		return
	}
	spec := &d.plan.Spec.Tables[table].Columns[k]
	known := d.plan.Schema.EnumValues(then.Enum)
	var added, refused []string
	for _, value := range d.server.EnumValues(now.Enum) {
		if slices.Contains(known, value) {
			continue
		}
		added = append(added, value)
		if spec.Labels {
			value = schemas.Label(then.Enum, value)
		}
		if d.forbids(table, spec.Name, value) {
			refused = append(refused, value)
		}
	}
	pos := d.plan.Spec.Decoder.Within(spec.Value("path"), stepAt(spec.Value("path").Text, len(then.Steps)-1))
	switch {
	case len(refused) > 0:
		d.add(risky, pos, "", "%s: %s has the new values %s, which checks.values does not allow",
			name, now.Enum, strings.Join(refused, ", "))
	case len(added) > 0:
		d.add(noted, pos, "", "%s: %s has the new values %s", name, now.Enum, strings.Join(added, ", "))
	}
}

// forbids reports whether a check of the column does not allow the value.
func (d *comparison) forbids(table int, column, value string) bool {
	return slices.ContainsFunc(d.plan.Checks[table], func(c plan.Check) bool {
		return c.Kind == "values" && slices.Equal(c.Columns, []string{column}) && !slices.Contains(c.Values, value)
	})
}

// stepAt is the offset of the i-th field in the text of a path. A segment with a capital belongs to the next field.
func stepAt(path string, i int) int {
	at := 0
	for segment := range strings.SplitSeq(path, ".") {
		narrows := segment != "" && segment[0] >= 'A' && segment[0] <= 'Z'
		if !narrows {
			if i == 0 {
				return at
			}
			i--
		}
		at += len(segment) + 1
	}
	return 0
}
