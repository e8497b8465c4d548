package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// pipeline is one plan on its way from the API to its target. It collects the records
// of each connection of its spec; all of them go through one writer into one output.
type pipeline struct {
	runner     *Runner
	plan       *plan.Plan
	references *checks.References // to other pipelines of the run
	collectors []*collector
	checks     *checks.Checks
	writer     *writer
	reporter   *reporter
	started    time.Time
	endpoint   string
	results    []manifest.Table
	err        error // why it will not be published
}

func newPipeline(r *Runner, plan *plan.Plan, m *checks.References) *pipeline {
	p := &pipeline{runner: r, plan: plan, references: m, started: r.now()}
	p.reporter = newReporter(r, plan, p.started)
	for i, part := range plan.All() {
		p.collectors = append(p.collectors, newCollector(r, part, p.reporter, i))
	}
	return p
}

// runGroup runs the plans of a group, mostly one, and sums up what each did. All are
// staged before the first is judged, and all judged before the first is published: where
// plans refer to each other in a circle, one that fails keeps all as they were.
func (r *Runner) runGroup(ctx context.Context, s *sessions, all, group []*plan.Plan) []Summary {
	m := checks.NewReferences(all, group)
	members := make([]*pipeline, len(group))
	for i, plan := range group {
		members[i] = newPipeline(r, plan, m)
	}
	for _, p := range members {
		if p.err = p.stage(ctx, s); p.err != nil {
			break // the others refer to what it does not publish
		}
	}
	if firstFailed(members) == nil {
		for _, p := range members {
			p.err = p.judge(ctx)
		}
	}
	if failed := firstFailed(members); failed != nil {
		for _, p := range members {
			if p.err == nil {
				p.err = p.blockedBy(failed)
			}
		}
	}
	var summaries []Summary
	for _, p := range members {
		if p.err == nil {
			p.err = p.publish()
		}
		summaries = append(summaries, p.end(ctx, s))
	}
	return summaries
}

// firstFailed gives the first pipeline that will not be published, nil if all will be.
func firstFailed(members []*pipeline) *pipeline {
	for _, p := range members {
		if p.err != nil {
			return p
		}
	}
	return nil
}

// blockedBy says why a pipeline is not published with which nothing is wrong.
func (p *pipeline) blockedBy(failed *pipeline) error {
	name := failed.plan.Spec.Name
	return p.refused(fmt.Errorf("its references and those of %s lead to each other, and %s could not be published", name, name))
}

// stage brings everything to where it can be published in one step.
func (p *pipeline) stage(ctx context.Context, s *sessions) (err error) {
	defer p.close()
	if err := p.open(ctx, s); err != nil {
		return p.failure(err)
	}
	if err := p.extract(ctx); err != nil {
		if (errors.Is(err, extract.ErrChanged) || errors.Is(err, spool.ErrTooManyChanges)) && ctx.Err() == nil {
			return p.refused(err)
		}
		return p.failure(err)
	}
	if p.results, err = p.writer.sink.Close(ctx); err != nil {
		return p.failure(err)
	}
	return nil
}

// open makes everything ready that can fail before the first page.
func (p *pipeline) open(ctx context.Context, s *sessions) (err error) {
	if p.checks, err = checks.New(ctx, p.plan, p.references, p.runner.Limit > 0); err != nil {
		return err
	}
	p.endpoint = s.endpoint(p.plan)
	for _, c := range p.collectors {
		if err := c.open(p.endpoint); err != nil {
			return err
		}
	}
	if p.writer, err = newWriter(p.runner, p.plan, p.checks, p.reporter); err != nil {
		return err
	}
	if p.runner.Replay != "" {
		p.endpoint = "replay"
		return nil
	}
	for _, c := range p.collectors {
		if err := c.connect(ctx, s, p.plan); err != nil {
			return errors.Join(err, p.writer.sink.Abort())
		}
	}
	return nil
}

// extract collects the records of all connections, then passes them through the
// other stages: no row is written before all connections are known to be complete.
func (p *pipeline) extract(ctx context.Context) error {
	if p.runner.Replay != "" {
		_, err := p.inTurn(func(c *collector) error { return c.replay(ctx, p.writer) })
		return err
	}
	collected, err := p.inTurn(func(c *collector) error { return c.explain(ctx, c.resumption.collect(ctx, c)) })
	if err != nil {
		return err
	}
	for _, c := range collected {
		if err := c.incomplete(); err != nil && p.runner.Stdout != nil {
			return p.refused(err) // rows that are written there stay
		}
	}
	for _, c := range collected {
		if err := c.unspool(ctx, p.writer); err != nil {
			return err
		}
	}
	return nil
}

// inTurn takes a step for one connection after another, as far as the limit goes,
// and gives those that it came to.
func (p *pipeline) inTurn(step func(*collector) error) (done []*collector, err error) {
	left := p.runner.Limit
	for _, c := range p.collectors {
		c.limit = left
		if err := step(c); err != nil {
			return nil, err
		}
		done = append(done, c)
		if left > 0 {
			if left -= int(c.tally.unique()); left <= 0 {
				break
			}
		}
	}
	return done, nil
}

// close ends what a run of the pipeline's connections holds open.
func (p *pipeline) close() {
	for _, c := range p.collectors {
		c.close()
	}
}

// end discards what was not published, and sums up.
func (p *pipeline) end(ctx context.Context, s *sessions) Summary {
	if p.writer != nil {
		if aborted := p.writer.sink.Abort(); p.err == nil {
			p.err = aborted
		}
	}
	for _, c := range p.collectors {
		c.resumption.close(&s.kept, p.err)
	}
	if p.err != nil && ctx.Err() != nil {
		p.err = errors.Join(context.Canceled, p.err)
	}
	summary := p.summary(p.err)
	p.reporter.done()
	return summary
}

// failure is an error with the pipeline's name, which a *CheckError has already.
func (p *pipeline) failure(err error) error {
	if errors.As(err, new(*checks.Error)) {
		return err
	}
	return fmt.Errorf("%s: %w", p.plan.Spec.Name, err)
}

func (p *pipeline) refused(why ...error) error {
	return &checks.Error{Pipeline: p.plan.Spec.Name, Failures: why}
}

// complete says whether everything of every connection is there.
func (p *pipeline) complete() bool {
	return !slices.ContainsFunc(p.collectors, func(c *collector) bool { return !c.tally.complete() })
}

// stats sums up what was asked for all connections.
func (p *pipeline) stats() (sum graphql.Stats) {
	for _, c := range p.collectors {
		if c.client == nil {
			continue
		}
		s := c.client.Stats()
		sum.Requests += s.Requests
		sum.Retries += s.Retries
		sum.Resumed += s.Resumed
		sum.Throttled += s.Throttled
		sum.Bytes += s.Bytes
	}
	return sum
}
