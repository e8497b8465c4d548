package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// publishAll publishes the outputs of pipelines, all or none. Rows on standard output are there already.
func publishAll(members []*pipeline) {
	var outputs []*load.Output
	var manifests []*manifest.Manifest
	for _, p := range members {
		if out, ok := p.writer.sink.(*load.Output); ok {
			outputs, manifests = append(outputs, out), append(manifests, p.manifest())
		}
	}
	if len(outputs) == 0 {
		return
	}
	if failed, err := load.PublishAll(outputs, manifests); err != nil {
		members[failed].err = members[failed].failure(err)
	}
}

// refuseOthers gives the members of a cycle an error if another member failed.
func refuseOthers(members []*pipeline) {
	failed := firstFailed(members)
	for _, p := range members {
		if failed != nil && p.err == nil {
			name := failed.plan.Spec.Name
			p.err = p.refused(fmt.Errorf("its references and those of %s form a cycle, and %s could not be published",
				name, name))
		}
	}
}

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

func (p *pipeline) extracted() manifest.Extract {
	stats := p.stats()
	sum := manifest.Extract{
		Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed),
		ThrottledSeconds: stats.Throttled.Seconds(), Bytes: stats.Bytes, Complete: p.complete(),
	}
	var proofs []string
	for _, c := range p.collectors {
		l := c.tally
		sum.TotalCount += l.total
		sum.Records += l.records
		sum.Unique += l.unique()
		sum.Duplicates += l.duplicates
		sum.Repaired += l.repaired
		sum.Gone += l.gone
		sum.TotalBefore += max(l.before, 0)
		sum.TotalAfter += l.total
		sum.Unfit = append(sum.Unfit, c.refused...)
		proofs = append(proofs, l.proof)
	}
	if sum.Complete {
		sum.Proof = strings.Join(slices.Compact(proofs), ", ")
	}
	return sum
}

func (p *pipeline) outcome() string {
	switch {
	case p.runner.Limit > 0:
		return "limited"
	case p.complete():
		return "complete"
	}
	return "incomplete"
}

func (p *pipeline) summary() Summary {
	stats := p.stats()
	s := Summary{
		Pipeline: p.plan.Spec.Name, Err: p.err, Complete: p.runner.Limit > 0 || p.complete(),
		Requests: int64(stats.Requests), Retries: int64(stats.Retries), Resumed: int64(stats.Resumed),
		Throttled: stats.Throttled, Elapsed: p.runner.now().Sub(p.started),
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

// check reports everything that forbids publishing the staged output.
func (p *pipeline) check(ctx context.Context) error {
	failures := p.checks.Verdicts(ctx)
	for _, warning := range p.checks.Warnings {
		p.reporter.warn("%v", warning)
	}
	if err := p.writer.tooManyRejects(); err != nil {
		failures = append(failures, err)
	}
	for _, c := range p.all() {
		if err := c.incomplete(); err != nil {
			failures = append(failures, err)
		} else if p.runner.Limit == 0 && !c.tally.complete() {
			p.reporter.warn("publishing an incomplete table: %s", c.tally.incomplete(c.plan.Connection.Name))
		}
	}
	if err := context.Cause(ctx); err != nil {
		return p.failure(err)
	}
	if len(failures) > 0 {
		return p.refused(failures...)
	}
	return nil
}

// incomplete is the error of missing records, unless the user allows them.
func (c *collector) incomplete() error {
	if c.runner.AllowIncomplete || c.runner.Limit > 0 || c.tally.complete() {
		return nil
	}
	return fmt.Errorf("%s; run again, or publish the received records with --allow-incomplete",
		c.tally.incomplete(c.plan.Connection.Name))
}

// tooManyRejects is the error of more rejects than the spec allows, at the place where it does.
func (w *writer) tooManyRejects() error {
	spec := w.plan.Spec
	if w.rejected <= spec.MaxRejects {
		return nil
	}
	what := fmt.Sprintf("max_rejects allows %d, and %s rejected: %s",
		spec.MaxRejects, wording.Verb(w.rejected, "record", "was", "were"), w.examples.Text(w.rejected))
	if !spec.Has("max_rejects") {
		return errors.New(what)
	}
	return &checks.Fault{Fault: document.Fault{File: spec.File, Pos: spec.At("max_rejects"), What: what}}
}
