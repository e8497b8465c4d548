package pipelines

import (
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract"
)

// A spec may name several connections, the records of all of which go into the
// same tables, one connection after another. Each has a plan and, at run time, a
// pipeline of its own; those of the first own what they share: tables, checks,
// output, and the counts of all.

// all are the pipelines of the spec's connections, the first of which owns the
// others.
func (p *pipeline) all() []*pipeline { return append([]*pipeline{p}, p.parts...) }

func newPipeline(r *Runner, plan *Plan, m *references) *pipeline {
	p := &pipeline{runner: r, references: m, started: r.now()}
	for i, part := range plan.all() {
		q := p
		if i > 0 {
			q = &pipeline{runner: r}
			p.parts = append(p.parts, q)
		}
		q.owner, q.plan, q.tally, q.written, q.limit = p, part, newTally(), roaring64.New(), r.Limit
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
	gathered, err := p.inTurn(func(q *pipeline) error { return q.explain(ctx, q.collectKept(ctx)) })
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
			if left -= int(q.tally.unique()); left <= 0 {
				break
			}
		}
	}
	return done, nil
}

// complete says whether everything of every connection is there.
func (p *pipeline) complete() bool {
	return !slices.ContainsFunc(p.all(), func(q *pipeline) bool { return !q.tally.complete() })
}

// stats sums up what was asked for all connections.
func (p *pipeline) stats() (sum extract.Stats) {
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
