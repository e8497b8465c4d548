package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// check reports everything that forbids publishing the staged output.
func (p *pipeline) check(ctx context.Context) error {
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
