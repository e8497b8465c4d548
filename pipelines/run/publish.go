package run

import (
	"context"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
)

// judge says whether what was staged may be published.
func (p *pipeline) judge(ctx context.Context) error {
	failures := p.verdicts(ctx)
	if err := context.Cause(ctx); err != nil {
		return p.failure(err)
	}
	if len(failures) > 0 {
		return p.refused(failures...)
	}
	return nil
}

// verdicts are everything that forbids publication.
func (p *pipeline) verdicts(ctx context.Context) []error {
	failures := p.checks.Verdicts(ctx)
	for _, warning := range p.checks.Warnings {
		p.reporter.warn("%v", warning)
	}
	if err := p.writer.tooManyRejects(); err != nil {
		failures = append(failures, err)
	}
	for _, c := range p.collectors {
		if err := c.incomplete(); err != nil {
			failures = append(failures, err)
		} else if p.runner.Limit == 0 && !c.tally.complete() {
			p.reporter.warn("publishing an incomplete table: %d of %d records of %s", c.tally.unique(), c.tally.total, c.plan.Connection.Name)
		}
	}
	return failures
}

func (p *pipeline) publish() error {
	if err := p.writer.sink.Publish(p.manifest()); err != nil {
		return p.failure(err)
	}
	return nil
}

// manifest says what the output holds, and where it came from.
func (p *pipeline) manifest() *manifest.Manifest {
	plan := p.plan
	var pagings []string
	for _, c := range p.collectors {
		pagings = append(pagings, c.paging.String())
	}
	return &manifest.Manifest{
		Version: 1, RunID: p.started.UTC().Format("20060102T150405.000000Z"), Status: p.outcome(),
		StartedAt: p.started.UTC(), FinishedAt: p.runner.now().UTC(), ToolVersion: p.runner.Version,
		Spec: manifest.Spec{Name: plan.Spec.Name, SHA256: plan.Spec.SHA256},
		Source: manifest.Source{
			Endpoint: p.endpoint, Connection: plan.From(), Args: plan.Spec.Extract.Args,
			QuerySHA256: plan.QueriesSum(), Paging: strings.Join(slices.Compact(pagings), ", "),
		},
		Extract: p.extracted(),
		Checks:  p.checks.Facts(),
	}
}

// extracted sums up what came of all connections.
func (p *pipeline) extracted() manifest.Extract {
	stats := p.stats()
	facts := manifest.Extract{
		Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed), ThrottledSeconds: stats.Throttled.Seconds(), Bytes: stats.Bytes,
		Complete: p.complete(),
	}
	var proofs []string
	for _, c := range p.collectors {
		l := c.tally
		facts.TotalCount += l.total
		facts.Records += l.records
		facts.Unique += l.unique()
		facts.Duplicates += l.duplicates
		facts.Repaired += l.repaired
		facts.Gone += l.gone
		facts.TotalBefore += max(l.before, 0)
		facts.TotalAfter += l.total
		facts.Unfit = append(facts.Unfit, c.refused...)
		proofs = append(proofs, l.proof)
	}
	facts.Proof = strings.Join(slices.Compact(proofs), ", ")
	return facts
}

// outcome is the manifest's status: complete, limited (--limit) or incomplete.
func (p *pipeline) outcome() string {
	switch {
	case p.runner.Limit > 0:
		return "limited"
	case p.complete():
		return "complete"
	}
	return "incomplete"
}

// summary sums up what the pipeline did.
func (p *pipeline) summary(err error) Summary {
	stats := p.stats()
	s := Summary{
		Pipeline: p.plan.Spec.Name, Err: err, Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed), Throttled: stats.Throttled,
		Elapsed: p.runner.now().Sub(p.started), Complete: p.runner.Limit > 0 || p.complete(),
	}
	if p.writer != nil {
		s.Rejected = p.writer.rejected
	}
	if p.checks != nil {
		s.References, s.Open = p.checks.References(p.references)
	}
	if p.runner.Stdout == nil {
		s.Target = p.plan.Target
	}
	for _, t := range p.results {
		s.Rows += t.Rows
		s.Files += len(t.Files)
		for _, f := range t.Files {
			s.Bytes += f.Bytes
		}
	}
	return s
}
