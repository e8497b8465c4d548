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

// pipeline runs one plan. It has a collector for each connection of the spec; all of them write into one output.
type pipeline struct {
	runner     *Runner
	plan       *plan.Plan
	references *checks.References // to other pipelines of the run
	collectors []*collector
	lookups    []*lookupTable
	checks     *checks.Checks
	writer     *writer
	reporter   *reporter
	started    time.Time
	endpoint   string
	results    []manifest.Table
	err        error // why it is not published
}

func newPipeline(r *Runner, plan *plan.Plan, references *checks.References) *pipeline {
	p := &pipeline{runner: r, plan: plan, references: references, started: r.now()}
	p.reporter = newReporter(r, plan, p.started)
	for i, part := range plan.Parts() {
		p.collectors = append(p.collectors, newCollector(r, part, p.reporter, i))
	}
	for i, l := range plan.Lookups {
		p.lookups = append(p.lookups, newLookup(newCollector(r, l.Plan, p.reporter, len(p.collectors)+i), l.Name))
	}
	return p
}

// runCycle runs plans that refer to each other, mostly a single one. All are staged before the first is checked, and
// checked before the first is published. All or none are published.
func (r *Runner) runCycle(ctx context.Context, s *sessions, all, cycle []*plan.Plan) []Summary {
	references := checks.NewReferences(all, cycle)
	members := make([]*pipeline, len(cycle))
	for i, plan := range cycle {
		members[i] = newPipeline(r, plan, references)
	}
	for _, p := range members {
		if p.err = p.stage(ctx, s); p.err != nil {
			break // the others refer to its output
		}
	}
	if firstFailed(members) == nil {
		for _, p := range members {
			p.err = p.check(ctx)
		}
	}
	if firstFailed(members) == nil {
		publishAll(members)
	}
	refuseOthers(members)
	summaries := make([]Summary, len(members))
	for i, p := range members {
		summaries[i] = p.end(ctx, s)
	}
	return summaries
}

func firstFailed(members []*pipeline) *pipeline {
	if i := slices.IndexFunc(members, func(p *pipeline) bool { return p.err != nil }); i >= 0 {
		return members[i]
	}
	return nil
}

// stage extracts, transforms and writes everything, so that publishing it is one step.
func (p *pipeline) stage(ctx context.Context, s *sessions) (err error) {
	defer func() {
		for _, c := range p.all() {
			c.close()
		}
	}()
	if err := p.open(ctx, s); err != nil {
		return p.failure(err)
	}
	if err := p.extract(ctx); err != nil {
		changed := errors.Is(err, extract.ErrChanged) || errors.Is(err, extract.ErrUnproven) ||
			errors.Is(err, spool.ErrTooManyChanges)
		if changed && ctx.Err() == nil {
			return p.refused(err)
		}
		return p.failure(err)
	}
	if p.results, err = p.writer.sink.Close(ctx); err != nil {
		return p.failure(err)
	}
	return nil
}

// open does everything that can fail before the first page.
func (p *pipeline) open(ctx context.Context, s *sessions) (err error) {
	if p.checks, err = checks.New(ctx, p.plan, p.references, p.runner.Limit > 0); err != nil {
		return err
	}
	p.endpoint = s.endpoint(p.plan)
	for _, c := range p.all() {
		if err := c.open(p.endpoint, p.look); err != nil {
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
	for _, c := range p.all() {
		if err := c.connect(ctx, s, p.plan); err != nil {
			return errors.Join(err, p.writer.sink.Abort())
		}
	}
	return nil
}

// extract collects the records of all connections, then decodes and writes them: it writes no row before all
// connections are proven complete.
func (p *pipeline) extract(ctx context.Context) error {
	if p.runner.Replay != "" {
		for _, l := range p.lookups {
			if err := l.collector.decodeRecording(ctx, l.write(p.writer)); err != nil {
				return err
			}
		}
		_, err := p.eachCollector(func(c *collector) error { return c.decodeRecording(ctx, p.writer.write) })
		return err
	}
	if err := p.collectLookups(ctx); err != nil {
		return err
	}
	collected, err := p.eachCollector(func(c *collector) error {
		return c.resumption.whileStored(ctx, func(ctx context.Context) error {
			return c.explain(ctx, c.resumption.collect(ctx, c))
		})
	})
	if err != nil {
		return err
	}
	for _, c := range collected {
		if err := c.incomplete(); err != nil && p.runner.Stdout != nil {
			return p.refused(err) // rows on standard output cannot be taken back
		}
	}
	for _, c := range collected {
		if err := c.decodeSpool(ctx, p.writer.write); err != nil {
			return err
		}
	}
	return nil
}

// eachCollector calls step for each collector until the limit is reached, and returns those that it called it for.
func (p *pipeline) eachCollector(step func(*collector) error) (done []*collector, err error) {
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

// end discards an unpublished output, and returns the summary.
func (p *pipeline) end(ctx context.Context, s *sessions) Summary {
	if p.writer != nil {
		if aborted := p.writer.sink.Abort(); p.err == nil {
			p.err = aborted
		}
	}
	for _, c := range p.all() {
		c.resumption.close(&s.journals, p.err)
	}
	if p.err != nil && ctx.Err() != nil {
		p.err = errors.Join(context.Canceled, p.err)
	}
	summary := p.summary()
	p.reporter.done()
	return summary
}

// failure adds the pipeline's name to an error; a *checks.Error has it already.
func (p *pipeline) failure(err error) error {
	if errors.As(err, new(*checks.Error)) {
		return err
	}
	return fmt.Errorf("%s: %w", p.plan.Spec.Name, err)
}

func (p *pipeline) refused(why ...error) error {
	return &checks.Error{Pipeline: p.plan.Spec.Name, Failures: why}
}

func (p *pipeline) complete() bool {
	return !slices.ContainsFunc(p.all(), func(c *collector) bool { return !c.tally.complete() })
}

func (p *pipeline) stats() (sum graphql.Stats) {
	for _, c := range p.all() {
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
