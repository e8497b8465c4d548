package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/manifest"
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
