package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// A spec may name several connections, the records of all of which go into the
// same tables, one connection after another. Each has a plan and, at run time, a
// pipeline of its own; those of the first own what they share: tables, checks,
// output, and the counts of all.

// all are the plans of the spec's connections, the plan itself first.
func (p *Plan) all() []*Plan { return append([]*Plan{p}, p.parts...) }

// all are the pipelines of the spec's connections, the first of which owns the
// others.
func (p *pipeline) all() []*pipeline { return append([]*pipeline{p}, p.parts...) }

func newPipeline(r *Runner, plan *Plan, m *meeting) *pipeline {
	p := &pipeline{runner: r, meeting: m, started: r.now()}
	for i, part := range plan.all() {
		q := p
		if i > 0 {
			q = &pipeline{runner: r}
			p.parts = append(p.parts, q)
		}
		q.owner, q.plan, q.ledger, q.written, q.limit = p, part, newLedger(), roaring64.New(), r.Limit
	}
	return p
}

// extract gathers the records of all connections, then passes them through the
// other stages: no row is written before all connections are known to be whole.
func (p *pipeline) extract(ctx context.Context) error {
	if p.client == nil {
		_, err := p.inTurn(func(q *pipeline) error { return q.replay(ctx) })
		return err
	}
	gathered, err := p.inTurn(func(q *pipeline) error { return q.explain(ctx, q.gatherKept(ctx)) })
	if err != nil {
		return err
	}
	for _, q := range gathered {
		if err := q.incomplete(); err != nil && p.runner.Stdout != nil {
			return &CheckError{Pipeline: p.plan.Spec.Name, Failures: []error{err}} // rows that are written there stay
		}
	}
	for _, q := range gathered {
		if err := q.unspool(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inTurn takes a step for one connection after another, as far as the limit goes,
// and gives those that it came to.
func (p *pipeline) inTurn(step func(*pipeline) error) (done []*pipeline, err error) {
	left := p.runner.Limit
	for _, q := range p.all() {
		q.limit = left
		if err := step(q); err != nil {
			return nil, err
		}
		done = append(done, q)
		if left > 0 {
			if left -= int(q.ledger.unique()); left <= 0 {
				break
			}
		}
	}
	return done, nil
}

// From names the connections, in their order.
func (p *Plan) From() string {
	var names []string
	for _, part := range p.all() {
		names = append(names, part.Connection.Name)
	}
	return strings.Join(names, ", ")
}

// queries are the texts of all queries.
func (p *Plan) queries() string {
	var texts []string
	for _, part := range p.all() {
		texts = append(texts, part.Query.Text())
	}
	return strings.Join(texts, "\n")
}

// queriesSum is what a manifest says of the queries.
func (p *Plan) queriesSum() string {
	sum := sha256.Sum256([]byte(p.queries()))
	return hex.EncodeToString(sum[:])
}

// folder is the name of what is kept of the plan's answers, among those of others.
func (p *Plan) folder() string {
	if p.further {
		return p.Spec.Name + "." + p.Connection.Name // a pipeline's name holds no dot
	}
	return p.Spec.Name
}

// unite makes the columns of all parts the same: one that can be null in any
// can be in all.
func (p *Plan) unite() error {
	for _, part := range p.parts {
		for i := range p.Decode.Tables {
			ours, theirs := p.Decode.Tables[i].Columns, part.Decode.Tables[i].Columns
			for j := range ours {
				a, b := &ours[j].Type, &theirs[j].Type
				if a.Kind != b.Kind || a.List != b.List {
					spec := p.Spec.Tables[i].Columns[j]
					return Faults{{File: p.Spec.File, Pos: spec.at(""), Hint: "give it a type, or make it of an expression, so that it is the same in both",
						What: p.Spec.prefix(&p.Spec.Tables[i]) + join("columns", spec.Name) + " is " + a.String() + " in " + p.Connection.Name + " and " + b.String() + " in " + part.Connection.Name}}
				}
				a.Nullable = a.Nullable || b.Nullable
				a.ElementNullable = a.ElementNullable || b.ElementNullable
			}
		}
	}
	for _, part := range p.all() {
		for i, t := range p.Decode.Tables {
			written := part.Tables[i].Columns[:0]
			for j, c := range t.Columns {
				part.Decode.Tables[i].Columns[j].Type = c.Type
				if !c.Hidden {
					written = append(written, schemas.Column{Name: c.Name, Type: c.Type, Doc: part.Tables[i].Columns[len(written)].Doc})
				}
			}
		}
	}
	return nil
}

// unfolded are the plans of all connections of some plans.
func unfolded(plans []*Plan) []*Plan {
	var list []*Plan
	for _, p := range plans {
		list = append(list, p.all()...)
	}
	return list
}

// complete says whether everything of every connection is there.
func (p *pipeline) complete() bool {
	return !slices.ContainsFunc(p.all(), func(q *pipeline) bool { return !q.ledger.complete() })
}

// stats sums up what was asked for all connections.
func (p *pipeline) stats() (sum graphql.Stats) {
	for _, q := range p.all() {
		if q.client == nil {
			continue
		}
		s := q.client.Stats()
		sum.Requests += s.Requests
		sum.Retries += s.Retries
		sum.Resumed += s.Resumed
		sum.Throttled += s.Throttled
		sum.Bytes += s.Bytes
	}
	return sum
}
