// Package checks runs the data checks of a spec over the rows of a run: batches go in, failures with their place in the
// spec come out. It also orders the plans of a run by their references. It never changes a row.
package checks

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// rule makes one data check. It observes every batch of its table in order. wrong is "" if the check passed; err is a
// read error.
type rule interface {
	observe(batch arrow.RecordBatch)
	verdict(ctx context.Context) (wrong string, err error)
}

// Checks are the rules of all tables of a plan.
type Checks struct {
	plan     *plan.Plan
	built    []builtCheck
	observe  [][]func(arrow.RecordBatch) // by table
	Warnings []error                     // failures of optional checks
}

// builtCheck is a check of the spec with its rule; nil: skipped.
type builtCheck struct {
	table int
	check plan.Check
	rule  rule
	found string // failure of an optional check
}

// New makes the rules of a plan. It reads published keys now, before the first request; the error is then an *Error
// with all failures. limited skips the rules that count rows.
func New(ctx context.Context, p *plan.Plan, m *References, limited bool) (*Checks, error) {
	all := &Checks{plan: p, observe: make([][]func(arrow.RecordBatch), len(p.Tables))}
	for _, collect := range m.collectors[p] {
		all.observe[collect.table] = append(all.observe[collect.table], collect.observe)
	}
	var failures []error
	for i := range p.Tables {
		for _, c := range p.Checks[i] {
			r, err := newRule(ctx, p, m, i, c, limited)
			if err != nil {
				failures = append(failures, failureOf(p, i, c, "", err))
				continue
			}
			all.built = append(all.built, builtCheck{table: i, check: c, rule: r})
			if r != nil {
				all.observe[i] = append(all.observe[i], r.observe)
			}
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(failures) > 0 {
		return nil, &Error{Pipeline: p.Spec.Name, Failures: failures}
	}
	return all, nil
}

// ForCases makes the rules that need only the rows of a case.
func ForCases(ctx context.Context, p *plan.Plan) (*Checks, error) {
	alone := *p
	alone.Checks = make([][]plan.Check, len(p.Tables))
	for i := range p.Tables {
		for _, c := range p.Checks[i] {
			if c.Kind != "min_rows" && c.Kind != "max_shrink" && (c.Kind != "references" || c.Sibling >= 0) {
				alone.Checks[i] = append(alone.Checks[i], c)
			}
		}
	}
	return New(ctx, &alone, NewReferences([]*plan.Plan{&alone}, []*plan.Plan{&alone}), false)
}

func newRule(ctx context.Context, p *plan.Plan, m *References, at int, c plan.Check, limited bool) (rule, error) {
	table := p.Tables[at]
	rows := newRowNames(table)
	columns := Indexes(table, c.Columns)
	switch c.Kind {
	case "unique":
		return &uniqueRule{rowNames: rows, columns: columns, seen: newKeySet(), shownKeys: map[key]bool{}}, nil
	case "not_null":
		return &notNullRule{rowNames: rows, table: table, columns: columns, nulls: make([]nulls, len(columns))}, nil
	case "values":
		return &valuesRule{rowNames: rows, column: columns[0], allowed: c.Values, others: newKeySet()}, nil
	case "references":
		return newReferencesRule(ctx, m, p, rows, columns, c, limited)
	}
	switch {
	case limited:
		return nil, nil
	case c.Kind == "min_rows":
		return &minRowsRule{min: c.MinRows, key: c.Key}, nil
	}
	return newShrinkRule(p.Target, table, c)
}

// Observe passes a batch to the rules of its table.
func (c *Checks) Observe(table int, batch arrow.RecordBatch) {
	for _, observe := range c.observe[table] {
		observe(batch)
	}
}

// Verdicts returns the failed checks. Failures of optional checks go to Warnings.
func (c *Checks) Verdicts(ctx context.Context) []error {
	var failures []error
	for i := range c.built {
		m := &c.built[i]
		if m.rule == nil {
			continue
		}
		wrong, err := m.rule.verdict(ctx)
		switch {
		case wrong == "" && err == nil:
		case m.check.Optional && err == nil:
			if m.check.Why != "" {
				wrong += " (" + m.check.Why + ")"
			}
			m.found = wrong
			c.Warnings = append(c.Warnings, failureOf(c.plan, m.table, m.check, wrong, nil))
		default:
			failures = append(failures, failureOf(c.plan, m.table, m.check, wrong, err))
		}
	}
	return failures
}

// References counts the references to other pipelines of the run, and the failed ones among them.
func (c *Checks) References(of *References) (made, open int) {
	for _, m := range c.built {
		if to := of.TargetOf(c.plan, m.check); to != nil && to != c.plan && m.rule != nil {
			made++
			if m.found != "" {
				open++
			}
		}
	}
	return made, open
}

// Facts returns the checks for the manifest, if no required one has failed.
func (c *Checks) Facts() []manifest.Check {
	facts := []manifest.Check{}
	for _, m := range c.built {
		fact := manifest.Check{Table: c.plan.Tables[m.table].Name, Check: m.check.String(), Outcome: "passed"}
		switch {
		case m.rule == nil:
			fact.Outcome = "skipped"
		case m.found != "":
			fact.Outcome, fact.Found = "failed", m.found
		}
		facts = append(facts, fact)
	}
	return facts
}

// rowNames names the rows of a table in messages: by key, or by number.
type rowNames struct {
	keys   []int
	before int64 // rows of earlier batches
}

func newRowNames(table *schemas.Table) rowNames {
	return rowNames{keys: Indexes(table, table.Key)}
}

// name is the name of a row: id=7, or row 7.
func (r *rowNames) name(batch arrow.RecordBatch, row int) string {
	keys := newKeyColumns(batch, r.keys)
	if _, whole := keys.row(row); !whole || len(r.keys) == 0 {
		return fmt.Sprintf("row %d", r.before+int64(row)+1)
	}
	return keys.named(row)
}

func (r *rowNames) next(batch arrow.RecordBatch) { r.before += batch.NumRows() }

// Indexes returns the indexes of columns by name.
func Indexes(table *schemas.Table, names []string) []int {
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = table.Index(name)
	}
	return at
}
