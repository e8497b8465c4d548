package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/transform"
)

// verdicts gathers everything that forbids publication.
func (p *pipeline) verdicts(ctx context.Context) []error {
	failures := p.checks.verdicts(ctx)
	for _, told := range p.checks.told {
		p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "%v", told)
	}
	if p.rejected > p.plan.Spec.MaxRejects {
		failures = append(failures, p.tooManyRejects())
	}
	for _, q := range p.all() {
		if err := q.incomplete(); err != nil {
			failures = append(failures, err)
		} else if p.runner.Limit == 0 && !q.ledger.complete() {
			p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "publishing an incomplete table: %d of %d records of %s", q.ledger.unique(), q.ledger.total, q.plan.Connection.Name)
		}
	}
	return failures
}

// incomplete is the error of records of this connection that are missing, if
// that matters.
func (p *pipeline) incomplete() error {
	if p.runner.AllowIncomplete || p.runner.Limit > 0 || p.ledger.complete() {
		return nil
	}
	return p.ledger.incomplete(p.plan.Connection.Name)
}

// tooManyRejects says which records were left out, and where the spec allows how many.
func (p *pipeline) tooManyRejects() error {
	spec := p.plan.Spec
	what := fmt.Sprintf("max_rejects allows %d, and %s rejected: %s", spec.MaxRejects, verb(p.rejected, "record", "was", "were"), suchAs(p.shown, p.rejected))
	if !spec.has("max_rejects") {
		return errors.New(what)
	}
	return errors.New(Fault{File: spec.File, Pos: spec.at("max_rejects"), What: what}.String())
}

// rejectText is a reject as a message shows it: id 7: evidenceRating: 3.5 does not fit.
func (p *pipeline) rejectText(r *transform.Reject) string {
	text := r.Reason
	if r.Path != "" {
		text = plain(r.Path) + ": " + text
	}
	if id := p.plan.rejectedID(r); id != "" {
		text = "id " + id + ": " + text
	}
	return text
}

func (p *pipeline) manifest() *load.Manifest {
	plan := p.plan
	var ways []string
	for _, q := range p.all() {
		ways = append(ways, q.way.String())
	}
	return &load.Manifest{
		Version: 1, RunID: p.started.UTC().Format("20060102T150405.000000Z"), Status: p.outcome(),
		StartedAt: p.started.UTC(), FinishedAt: p.runner.now().UTC(), ToolVersion: p.runner.Version,
		Spec: load.SpecFacts{Name: plan.Spec.Name, SHA256: plan.Spec.SHA256},
		Source: load.SourceFacts{
			Endpoint: p.endpoint, Connection: plan.From(), Args: plan.Spec.Extract.Args,
			QuerySHA256: plan.queriesSum(), Paging: strings.Join(slices.Compact(ways), ", "),
		},
		Extract: p.extracted(),
		Checks:  p.checks.facts(),
	}
}

// extracted sums up what came of all connections.
func (p *pipeline) extracted() load.ExtractFacts {
	stats := p.stats()
	facts := load.ExtractFacts{
		Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed), ThrottledSeconds: stats.Throttled.Seconds(), Bytes: stats.Bytes,
		Complete: p.complete(),
	}
	var proofs []string
	for _, q := range p.all() {
		l := q.ledger
		facts.TotalCount += l.total
		facts.Records += l.records
		facts.Unique += l.unique()
		facts.Duplicates += l.duplicates
		facts.Repaired += l.repaired
		facts.Gone += l.gone
		facts.TotalBefore += max(l.before, 0)
		facts.TotalAfter += l.total
		facts.Unfit = append(facts.Unfit, q.unfit...)
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

func (p *pipeline) summary(err error) Summary {
	stats := p.stats()
	s := Summary{
		Pipeline: p.plan.Spec.Name, Err: err, Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed), Throttled: stats.Throttled,
		Elapsed: p.runner.now().Sub(p.started), Rejected: p.rejected, Complete: p.runner.Limit > 0 || p.complete(),
	}
	if p.checks != nil {
		s.References, s.Open = p.checks.references(p.meeting)
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

// progress reports how far the pipeline is; it is called once a page.
func (p *pipeline) progress(done bool) {
	if p.runner.Progress == nil {
		return
	}
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	if !done {
		p.arrived, p.expected = p.ledger.unique(), p.ledger.total
		if p.limit > 0 {
			p.expected = min(p.expected, int64(p.limit))
		}
	}
	p.owner.report(done)
}

func (p *pipeline) report(done bool) {
	var arrived, expected int64
	for _, q := range p.all() {
		arrived, expected = arrived+q.arrived, expected+q.expected
	}
	p.runner.Progress(Progress{
		Pipeline: p.plan.Spec.Name, Records: arrived, Total: expected,
		Started: p.started, At: p.runner.now(), ThrottledUntil: p.until, Done: done,
	})
}

// told passes on what the client waits for. It is called from any fetcher.
func (p *pipeline) told(n graphql.Notice) {
	level := slog.LevelWarn
	if n.Throttled() {
		level = slog.LevelInfo
	}
	p.runner.notice(p.plan.Spec.Name, level, "%s", n)
	if p.runner.Progress == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n.Throttled() {
		p.until = n.Until
	}
	p.report(false)
}
