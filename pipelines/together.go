package pipelines

import (
	"context"
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/extract"
)

// together runs the plans of a group, mostly one, and sums up what each did. All are
// staged before the first is judged, and all judged before the first is published: where
// plans refer to each other in a circle, one that fails keeps all as they were.
func (r *Runner) together(ctx context.Context, s *sessions, all, group []*Plan) []Summary {
	m := meet(all, group)
	members := make([]*pipeline, len(group))
	for i, plan := range group {
		members[i] = newPipeline(r, plan, m)
	}
	for _, p := range members {
		if p.err = p.stage(ctx, s); p.err != nil {
			break // the others refer to what it does not publish
		}
	}
	if whole(members) == nil {
		for _, p := range members {
			p.err = p.judge(ctx)
		}
	}
	if failed := whole(members); failed != nil {
		for _, p := range members {
			if p.err == nil {
				p.err = p.held(failed)
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

// whole gives the first pipeline that will not be published, nil if all will be.
func whole(members []*pipeline) *pipeline {
	for _, p := range members {
		if p.err != nil {
			return p
		}
	}
	return nil
}

// held says why a pipeline is not published with which nothing is wrong.
func (p *pipeline) held(by *pipeline) error {
	return &CheckError{Pipeline: p.plan.Spec.Name, Failures: []error{
		fmt.Errorf("its references and those of %s lead to each other, and %s could not be published", by.plan.Spec.Name, by.plan.Spec.Name),
	}}
}

// stage brings everything to where it can be published in one step.
func (p *pipeline) stage(ctx context.Context, s *sessions) (err error) {
	defer p.close()
	if err := p.open(ctx, s); err != nil {
		if errors.As(err, new(*CheckError)) {
			return err // names the pipeline itself
		}
		return p.failure(err)
	}
	if err := p.extract(ctx); err != nil {
		if errors.As(err, new(*CheckError)) {
			return err
		}
		if (errors.Is(err, extract.ErrChanged) || errors.Is(err, errTooMuch)) && ctx.Err() == nil {
			return &CheckError{Pipeline: p.plan.Spec.Name, Failures: []error{err}}
		}
		return p.failure(err)
	}
	if p.results, err = p.sink.Close(ctx); err != nil {
		return p.failure(err)
	}
	return nil
}

// judge says whether what was staged may be published.
func (p *pipeline) judge(ctx context.Context) error {
	failures := p.verdicts(ctx)
	if err := context.Cause(ctx); err != nil {
		return p.failure(err)
	}
	if len(failures) > 0 {
		return &CheckError{Pipeline: p.plan.Spec.Name, Failures: failures}
	}
	return nil
}

func (p *pipeline) publish() error {
	if err := p.sink.Publish(p.manifest()); err != nil {
		return p.failure(err)
	}
	return nil
}

// end puts away what was not published, and sums up.
func (p *pipeline) end(ctx context.Context, s *sessions) Summary {
	if p.sink != nil {
		if aborted := p.sink.Abort(); p.err == nil {
			p.err = aborted
		}
	}
	for _, q := range p.all() {
		q.leave(&s.kept, p.err)
	}
	if p.err != nil && ctx.Err() != nil {
		p.err = errors.Join(context.Canceled, p.err)
	}
	summary := p.summary(p.err)
	if p.runner.Progress != nil {
		p.progress(true)
	}
	return summary
}
