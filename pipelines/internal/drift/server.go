package drift

import (
	"context"
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/introspect"
)

// Bounds of asking a server for its types: a spec rests on a dozen or two.
const (
	typesPerRequest = 40
	maxTypeRounds   = 5 // types that only the answers before led to
)

// ServerSchema asks a server for the types that plans of one schema rest on,
// and gives the schema with those in place: one or two requests, whatever the
// size of the API.
func ServerSchema(ctx context.Context, client *graphql.Client, plans []*plan.Plan) (*schemas.Schema, error) {
	moved := plans[0].Schema
	asked := map[string]bool{}
	for range maxTypeRounds {
		var names []string
		for _, p := range plans {
			for _, name := range introspect.Dependencies(moved, p.Connection.Name, p.Spec.Extract.Args, p.Query.Selection) {
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
			answer, err := client.Do(ctx, introspect.Query(chunk), nil)
			if err != nil {
				return nil, fmt.Errorf("ask the server for its types: %w", err)
			}
			if moved, err = introspect.Apply(moved, answer.Data); err != nil {
				return nil, err
			}
		}
	}
	return moved, nil
}

// BrokenBy gives the changes that make a run fail.
func BrokenBy(changes []Change) document.Faults {
	var faults document.Faults
	for _, c := range changes {
		if c.Severity == Broken {
			faults = append(faults, c.Fault)
		}
	}
	return faults
}
