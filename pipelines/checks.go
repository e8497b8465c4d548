package pipelines

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/schemas"
)

// rule is one data check at work. It sees every batch of its table in order, and says
// at the end what is wrong, or nothing. The error is of what it had to read for that.
type rule interface {
	observe(batch arrow.RecordBatch)
	verdict(ctx context.Context) (wrong string, err error)
}

// checks are the rules of all tables of a plan.
type checks struct {
	plan    *Plan
	made    []madeCheck
	observe [][]func(arrow.RecordBatch) // by table
	told    []error                     // what verdicts found that does not forbid publication
}

// madeCheck is a check of the spec, and the rule that makes it; nil if it is left out.
type madeCheck struct {
	table int
	check Check
	rule  rule
	found string // what is wrong, where it is not required to hold
}

// newChecks makes the rules of a plan. Those that compare with something
// published read it now, before anything is asked of the API: the error is then a
// *CheckError with all that cannot be made. Those that count rows are left out where only
// the first records are wanted.
func (p *Plan) newChecks(ctx context.Context, m *meeting, limited bool) (*checks, error) {
	all := &checks{plan: p, observe: make([][]func(arrow.RecordBatch), len(p.Tables))}
	for _, collect := range m.wanted[p] {
		all.observe[collect.table] = append(all.observe[collect.table], collect.observe)
	}
	var failures []error
	for i := range p.Tables {
		for _, c := range p.Checks[i] {
			r, err := p.newRule(ctx, m, i, c, limited)
			if err != nil {
				failures = append(failures, p.checkFailure(i, c, "", err))
				continue
			}
			all.made = append(all.made, madeCheck{table: i, check: c, rule: r})
			if r != nil {
				all.observe[i] = append(all.observe[i], r.observe)
			}
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(failures) > 0 {
		return nil, &CheckError{Pipeline: p.Spec.Name, Failures: failures}
	}
	return all, nil
}

// caseChecks are those that can be made of the rows of a case alone.
func (p *Plan) caseChecks(ctx context.Context) (*checks, error) {
	alone := *p
	alone.Checks = make([][]Check, len(p.Tables))
	for i := range p.Tables {
		for _, c := range p.Checks[i] {
			if c.Kind != "min_rows" && c.Kind != "max_shrink" && (c.Kind != "references" || c.Sibling >= 0) {
				alone.Checks[i] = append(alone.Checks[i], c)
			}
		}
	}
	return alone.newChecks(ctx, meet([]*Plan{&alone}, []*Plan{&alone}), false)
}

func (p *Plan) newRule(ctx context.Context, m *meeting, at int, c Check, limited bool) (rule, error) {
	table := p.Tables[at]
	rows := newRowNames(table)
	switch c.Kind {
	case "unique":
		return &uniqueRule{rowNames: rows, columns: indexes(table, c.Columns), seen: newKeySet(), told: map[key]bool{}}, nil
	case "not_null":
		return &notNullRule{rowNames: rows, table: table, columns: indexes(table, c.Columns), nulls: make([]nulls, len(c.Columns))}, nil
	case "values":
		return newValues(rows, table, c), nil
	case "min_rows":
		if limited {
			return nil, nil
		}
		return &leastRule{least: c.MinRows}, nil
	case "max_shrink":
		if limited {
			return nil, nil
		}
		return newShrink(p.Target, table, c)
	case "references":
		return newReferences(ctx, m, p, rows, table, c, limited)
	}
	return nil, errors.New("there is no such check")
}

// see passes a batch of a table to the rules that look at it.
func (c *checks) see(table int, batch arrow.RecordBatch) {
	for _, observe := range c.observe[table] {
		observe(batch)
	}
}

// verdicts are the checks that failed. Those that need not hold are told instead.
func (c *checks) verdicts(ctx context.Context) []error {
	var failures []error
	for i := range c.made {
		m := &c.made[i]
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
			c.told = append(c.told, c.plan.checkFailure(m.table, m.check, wrong, nil))
		default:
			failures = append(failures, c.plan.checkFailure(m.table, m.check, wrong, err))
		}
	}
	return failures
}

// references counts those to other pipelines of the run, and which of them do not hold.
func (c *checks) references(of *meeting) (made, open int) {
	for _, m := range c.made {
		if to := m.check.leadsTo(of, c.plan); to == nil || to == c.plan || m.rule == nil {
			continue
		}
		made++
		if m.found != "" {
			open++
		}
	}
	return made, open
}

// facts are the checks for the manifest, once none has failed that must hold.
func (c *checks) facts() []load.CheckFacts {
	facts := []load.CheckFacts{}
	for _, m := range c.made {
		fact := load.CheckFacts{Table: c.plan.Tables[m.table].Name, Check: m.check.String(), Outcome: "passed"}
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

// checkFault is a demand of the spec that the data do not meet: what is wrong, the place
// of the demand, and the error of what had to be read for it, if any.
type checkFault struct {
	Fault
	cause error
}

func (f *checkFault) Error() string { return f.String() }

func (f *checkFault) Unwrap() error { return f.cause }

// checkFailure says what is wrong and where the spec demands otherwise.
func (p *Plan) checkFailure(table int, c Check, wrong string, cause error) error {
	if cause != nil {
		wrong = strings.TrimPrefix(wrong+"; "+cause.Error(), "; ")
	}
	what := c.short() + ": " + wrong
	if name := p.Tables[table].Name; name != p.Spec.Name {
		what = name + ": " + what
	}
	return &checkFault{Fault{File: p.Spec.File, Pos: c.Pos, What: what}, cause}
}

// short names the check in a message: its kind and what it is about.
func (c Check) short() string {
	switch columns := strings.Join(c.Columns, ", "); c.Kind {
	case "unique":
		return "unique [" + columns + "]"
	case "values":
		return "values of " + columns
	case "references":
		return fmt.Sprintf("references %s to %s of %s", columns, strings.Join(c.Keys, ", "), c.target())
	}
	return c.Kind
}

// rowNames tells the rows of a table apart in messages: by its key, or by their
// number.
type rowNames struct {
	keys   []int
	before int64 // rows of earlier batches
}

func newRowNames(table *schemas.Table) rowNames {
	return rowNames{keys: indexes(table, table.Key)}
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

func indexes(table *schemas.Table, names []string) []int {
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = table.Index(name)
	}
	return at
}
