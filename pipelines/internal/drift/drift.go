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

// Severity is what a change of the API's schema means for a run.
type Severity string

const (
	Broken Severity = "error"   // a run would fail
	risky  Severity = "warning" // it may, or soon will
	noted  Severity = "note"    // it will not
)

// Change is one way in which the server's schema differs from the one a spec was
// compiled with, at the place in the spec that it touches.
type Change struct {
	Severity Severity
	Fault    document.Fault
}

// drift is all that has changed for a plan.
type drift struct {
	plan    *plan.Plan
	moved   *schemas.Schema
	changes []Change
}

// Find compares the plan's schema with the server's, for what the plan uses.
// What makes the plan impossible is found by compiling its spec once more.
func Find(p *plan.Plan, moved *schemas.Schema) []Change {
	d := &drift{plan: p, moved: moved}
	settings := p.Settings
	settings.Schema = moved
	var faults document.Faults
	if _, err := plan.Compile(p.Spec, settings); errors.As(err, &faults) {
		for _, f := range faults {
			d.changes = append(d.changes, Change{Broken, f})
		}
	}
	if connection, err := moved.Connection(p.Connection.Name); err == nil {
		d.connection(connection)
		d.arguments()
		d.tables(connection.Node)
		if !slices.ContainsFunc(d.changes, func(c Change) bool { return c.Severity == Broken }) {
			d.query()
		}
	}
	return tidyChanges(d.changes)
}

func (d *drift) say(s Severity, pos document.Pos, hint, what string, args ...any) {
	d.changes = append(d.changes, Change{s, document.Fault{File: d.plan.Spec.File, Pos: pos, What: wording.Fit(fmt.Sprintf(what, args...)), Hint: wording.Fit(hint)}})
}

// tidyChanges orders changes as a spec's faults are, and says each once, the
// worse of two for one place first.
func tidyChanges(list []Change) []Change {
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

func (d *drift) connection(now *schemas.Connection) {
	then, at := d.plan.Connection, d.plan.Spec.Extract.At("from")
	if now.Node != then.Node {
		d.say(noted, at, "", "records of %s are %s now, they were %s", now.Name, now.Node, then.Node)
	}
	if now.Deprecated != "" {
		d.say(risky, at, "", "the API gives %s up: %s", now.Name, now.Deprecated)
	}
}

// arguments looks for values of enums that the API gives up.
func (d *drift) arguments() {
	e := &d.plan.Spec.Extract
	for _, a := range d.moved.DeprecatedValues(d.plan.Connection, e.Args) {
		pos := e.At("args")
		if at := plan.Follow(e.ArgNodes, a.Path); at != nil {
			pos = at.Pos
		}
		d.say(risky, pos, a.Hint, "extract.args: %s", a.What)
	}
}

func (d *drift) tables(node string) {
	for i := range d.plan.Spec.Tables {
		t := &d.plan.Spec.Tables[i]
		if t.Rows != "" {
			then, err := d.plan.Schema.ResolveRows(d.plan.Connection.Node, t.Rows)
			now, gone := d.moved.ResolveRows(node, t.Rows)
			if err == nil && gone == nil {
				d.steps(t.Value("rows"), d.plan.Spec.Prefix(t)+"rows", then, now)
			}
		}
		for k := range t.Columns {
			d.column(i, k, node)
		}
	}
}

func (d *drift) column(table, k int, node string) {
	t := &d.plan.Spec.Tables[table]
	spec := &t.Columns[k]
	if spec.Path == "" {
		return
	}
	name := d.plan.Spec.Prefix(t) + wording.Join("columns", spec.Name)
	then, err := d.plan.Schema.Resolve(d.plan.Connection.Node, spec.Path)
	now, gone := d.moved.Resolve(node, spec.Path)
	if err != nil || gone != nil {
		return // compiling has said why
	}
	d.steps(spec.Value("path"), name, then, now)
	d.enum(table, k, name, then, now)
}

// steps compares the fields along a path, each at its segment.
func (d *drift) steps(n *document.Node, name string, then, now *schemas.Path) {
	for i := range min(len(then.Steps), len(now.Steps)) {
		a, b := then.Steps[i], now.Steps[i]
		pos := d.plan.Spec.Decoder.Within(n, stepAt(n.Text, i))
		if a.GraphQL != b.GraphQL {
			s, what := d.typeChange(a, b, i == len(then.Steps)-1 && !then.Ordinal && then.Type.Kind != schemas.Object)
			if s == risky && then.Type == now.Type {
				s, what = noted, "the column's values fit as before"
			}
			d.say(s, pos, "", "%s: %s is %s now, it was %s: %s", name, b.Field, b.GraphQL, a.GraphQL, what)
		}
		if b.Deprecated != "" {
			d.say(risky, pos, "", "%s: the API gives %s up: %s", name, b.Field, b.Deprecated)
		}
	}
}

// typeChange says what another type of a field means.
func (d *drift) typeChange(then, now schemas.Step, leaf bool) (Severity, string) {
	a, b := d.plan.Schema.Kind(then.Type), d.moved.Kind(now.Type)
	switch {
	case then.List != now.List || then.Connection != now.Connection:
		return Broken, "the values come in another shape"
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

// enum looks for values that a column did not have.
func (d *drift) enum(table, k int, name string, then, now *schemas.Path) {
	if then.Enum == "" || now.Enum == "" {
		return
	}
	spec := &d.plan.Spec.Tables[table].Columns[k]
	known := d.plan.Schema.EnumValues(then.Enum)
	var added, refused []string
	for _, value := range d.moved.EnumValues(now.Enum) {
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
		d.say(risky, pos, "", "%s: %s has the new values %s, which checks.values does not allow", name, now.Enum, strings.Join(refused, ", "))
	case len(added) > 0:
		d.say(noted, pos, "", "%s: %s has the new values %s", name, now.Enum, strings.Join(added, ", "))
	}
}

// forbids says whether a check of the column leaves the value out.
func (d *drift) forbids(table int, column, value string) bool {
	return slices.ContainsFunc(d.plan.Checks[table], func(c plan.Check) bool {
		return c.Kind == "values" && slices.Equal(c.Columns, []string{column}) && !slices.Contains(c.Values, value)
	})
}

// stepAt is where in the text of a path its i-th field begins; a segment with a
// capital belongs to the field after it.
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
