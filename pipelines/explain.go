package pipelines

import (
	"context"
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/extract"
)

// movedError says that the API does not know any more what a spec asks for. It
// is no fault of the command line: the run has failed, and nothing was published.
type movedError struct {
	faults Faults // of the spec, against the API as it is now
	api    error  // the server's own words
}

func (e *movedError) Error() string {
	return fmt.Sprintf("the API has changed and refuses the query; nothing was published\n%s\n%s", e.faults, e.api)
}

func (e *movedError) Unwrap() error { return e.api }

// explain puts an error of extraction in terms of the spec, where the server
// refused the query itself: only then is it asked what has changed, so that a
// run of which nothing is wrong asks nothing more than its pages.
func (p *pipeline) explain(ctx context.Context, err error) error {
	var refused *extract.GraphQLError
	if p.client == nil || ctx.Err() != nil || !errors.As(err, &refused) || !refused.Invalid() {
		return err
	}
	moved, asked := serverSchema(ctx, p.client, []*Plan{p.plan})
	if asked != nil {
		return &movedError{refusedFaults(p.plan, refused), err}
	}
	if found := brokenBy(driftOf(p.plan, moved)); len(found) > 0 {
		return &movedError{found, err}
	}
	return err // its schema is what it was
}
