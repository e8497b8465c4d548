package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// Bounds of asking a server for its types: a spec rests on a dozen or two.
const (
	typesPerRequest = 40
	maxTypeRounds   = 5 // types that only the answers before led to
)

// serverSchema asks a server for the types that plans of one schema rest on,
// and gives the schema with those in place: one or two requests, whatever the
// size of the API.
func serverSchema(ctx context.Context, client *graphql.Client, plans []*Plan) (*schemas.Schema, error) {
	moved := plans[0].Schema
	asked := map[string]bool{}
	for range maxTypeRounds {
		var names []string
		for _, p := range plans {
			for _, name := range moved.Behind(p.Connection.Name, p.Spec.Extract.Args, p.Query.Selection) {
				if !asked[name] {
					asked[name] = true
					names = append(names, name)
				}
			}
		}
		if len(names) == 0 {
			break
		}
		slices.Sort(names)
		for chunk := range slices.Chunk(names, typesPerRequest) {
			answer, err := client.Do(ctx, schemas.TypesQuery(chunk), nil)
			if err != nil {
				return nil, fmt.Errorf("ask the server for its types: %w", err)
			}
			if moved, err = moved.Moved(answer.Data); err != nil {
				return nil, err
			}
		}
	}
	return moved, nil
}

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
	var refused *graphql.Error
	if p.client == nil || ctx.Err() != nil || !errors.As(err, &refused) || !refused.Invalid() {
		return err
	}
	moved, asked := serverSchema(ctx, p.client, []*Plan{p.plan})
	if asked != nil {
		return &movedError{p.plan.blamed(refused), err}
	}
	if found := brokenBy(driftOf(p.plan, moved)); len(found) > 0 {
		return &movedError{found, err}
	}
	return err // its schema is what it was
}

// brokenBy gives the changes that make a run fail.
func brokenBy(changes []change) Faults {
	var faults Faults
	for _, c := range changes {
		if c.severity == broken {
			faults = append(faults, c.fault)
		}
	}
	return faults
}
