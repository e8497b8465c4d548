package drift

import (
	"context"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/introspect"
)

// Limits of introspection. A spec uses about twenty types.
const (
	typesPerRequest = 40
	maxTypeRounds   = 5       // for types that only earlier answers name
	maxSchema       = 4 << 20 // bytes of an answer; CIViC's whole schema, with descriptions, has half of that
)

// ServerSchema asks a server for the types that plans of one schema use, and returns the schema with these types
// replaced. It sends one or two requests for an API of any size.
func ServerSchema(ctx context.Context, client *graphql.Client, plans []*plan.Plan) (*schemas.Schema, error) {
	server := plans[0].Schema
	asked := map[string]bool{}
	for range maxTypeRounds {
		var names []string
		for _, p := range plans {
			for _, name := range introspect.Dependencies(server, p.Connection.Name, p.Spec.Extract.Args, p.Query.Selection) {
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
			if len(answer.Data) > maxSchema {
				return nil, fmt.Errorf("ask the server for its types: the answer is larger than %s",
					humanize.IBytes(maxSchema))
			}
			if server, err = introspect.Apply(server, answer.Data); err != nil {
				return nil, err
			}
		}
	}
	return server, nil
}

// Breaking returns the changes that make a run fail.
func Breaking(changes []Change) document.Faults {
	var faults document.Faults
	for _, c := range changes {
		if c.Severity == Broken {
			faults = append(faults, c.Fault)
		}
	}
	return faults
}
