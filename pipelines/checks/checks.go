package checks

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// rule is one data check at work. It sees every batch of its table in order, and says
// at the end what is wrong, or nothing. The error is of what it had to read for that.
type rule interface {
	observe(batch arrow.RecordBatch)
	verdict(ctx context.Context) (wrong string, err error)
}

// Checks are the rules of all tables of a plan.
type Checks struct {
	plan     *plan.Plan
	built    []builtCheck
	observe  [][]func(arrow.RecordBatch) // by table
	Warnings []error                     // what verdicts found that does not forbid publication
}

// builtCheck is a check of the spec, and the rule that makes it; nil if it is left out.
type builtCheck struct {
	table int
	check plan.Check
	rule  rule
	found string // what is wrong, where it is not required to hold
}

// New makes the rules of a plan. Those that compare with something
// published read it now, before anything is asked of the API: the error is then a
// *CheckError with all that cannot be made. Those that count rows are left out where only
// the first records are wanted.
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

// ForCases are those that can be made of the rows of a case alone.
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
	switch c.Kind {
	case "unique":
		return &uniqueRule{rowNames: rows, columns: Indexes(table, c.Columns), seen: newKeySet(), shownKeys: map[key]bool{}}, nil
	case "not_null":
		return &notNullRule{rowNames: rows, table: table, columns: Indexes(table, c.Columns), nulls: make([]nulls, len(c.Columns))}, nil
	case "values":
		return newValuesRule(rows, table, c), nil
	case "min_rows":
		if limited {
			return nil, nil
		}
		return &leastRule{least: c.MinRows}, nil
	case "max_shrink":
		if limited {
			return nil, nil
		}
		return newShrinkRule(p.Target, table, c)
	case "references":
		return newReferencesRule(ctx, m, p, rows, table, c, limited)
	}
	return nil, errors.New("there is no such check")
}

// Observe passes a batch of a table to the rules that look at it.
func (c *Checks) Observe(table int, batch arrow.RecordBatch) {
	for _, observe := range c.observe[table] {
		observe(batch)
	}
}

// Verdicts are the checks that failed. Those that need not hold are told instead.
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

// References counts those to other pipelines of the run, and which of them do not hold.
func (c *Checks) References(of *References) (made, open int) {
	for _, m := range c.built {
		if to := of.TargetOf(c.plan, m.check); to == nil || to == c.plan || m.rule == nil {
			continue
		}
		made++
		if m.found != "" {
			open++
		}
	}
	return made, open
}

// Facts are the checks for the manifest, once none has failed that must hold.
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

// rowNames tells the rows of a table apart in messages: by its key, or by their
// number.
type rowNames struct {
	keys   []int
	before int64 // rows of earlier batches
}

func newRowNames(table *schemas.Table) rowNames {
	return rowNames{keys: Indexes(table, table.Key)}
}

// name is a row as a message has it: id=7, or row 7.
func (r *rowNames) name(batch arrow.RecordBatch, row int) string {
	keys := newKeyColumns(batch, r.keys)
	if _, whole := keys.row(row); !whole || len(r.keys) == 0 {
		return fmt.Sprintf("row %d", r.before+int64(row)+1)
	}
	return keys.named(row)
}

func (r *rowNames) next(batch arrow.RecordBatch) { r.before += batch.NumRows() }

func Indexes(table *schemas.Table, names []string) []int {
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = table.Index(name)
	}
	return at
}
