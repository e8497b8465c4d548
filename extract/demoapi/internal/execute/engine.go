// Package execute answers GraphQL queries as CIViC's server does.
//
// It takes the text of a query and its variables, and gives the body of the answer: strict validation against the
// schema, clamped pages, offset cursors, injected faults of the data. Records come from the synthetic data
// set or from recorded nodes. An argument or field that it does not implement is an error, never ignored. It never
// sees HTTP, rate limits or the clock.
package execute

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/synthetic"
	"github.com/civic-etl/civic-etl/schemas"
)

// Engine answers requests over one schema and data set. Any number of goroutines may use it.
type Engine struct {
	schema  *schemas.Schema
	types   *ast.Schema
	seed    uint64
	data    *synthetic.Data
	nodes   map[string][]record.Record // by connection, if served from a file
	shuffle bool
	orders  orders
}

// New makes an engine. nodes replace the synthetic records of some connections; shuffle gives ties another order at
// each request.
func New(schema *schemas.Schema, seed uint64, nodes map[string][]record.Record, shuffle bool) *Engine {
	return &Engine{schema: schema, types: schema.AST(), seed: seed, data: synthetic.Of(seed), nodes: nodes,
		shuffle: shuffle, orders: orders{made: map[string]func() (shared, error){}}}
}

// Request is the body of a GraphQL request.
type Request struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

// Circumstances are what an answer depends on besides the request.
type Circumstances struct {
	Number  int  // of the request, from 1
	Curator bool // the request has a valid API key
	Faults  Faults
}

// Answer executes a request and returns the body of the answer.
func (e *Engine) Answer(r Request, c Circumstances) []byte {
	op, faults := readOperation(e.types, r)
	if len(faults) > 0 {
		return refusal(faults)
	}
	x := &execution{engine: e, schema: e.types, op: op, number: c.Number, faults: c.Faults, edits: editsOf(c.Faults)}
	if c.Curator {
		x.viewer = e.data.Curator()
	}
	x.out = append(make([]byte, 0, 1<<16), `{"data":`...)
	data, errs, err := x.run()
	if err != nil {
		return refusal(gqlerror.List{gqlerror.Errorf("%s", err)})
	}
	if len(errs) > 0 {
		text, _ := json.Marshal(errs) // strings and numbers only: cannot fail
		data = append(append(data, `,"errors":`...), text...)
	}
	return append(data, '}')
}

// refusal is an answer without data.
func refusal(faults gqlerror.List) []byte {
	text, _ := json.Marshal(map[string]any{"errors": faults}) // cannot fail
	return text
}

// maxPage is the page size that larger ones are clamped to.
func (e *Engine) maxPage(connection string) int {
	if c, err := e.schema.Connection(connection); err == nil && c.MaxPage > 0 {
		return c.MaxPage
	}
	return 100
}

// dice returns numbers for one purpose (salt) of an id or request.
func (x *execution) dice(id int, salt uint64) *dice.Dice { return dice.New(x.engine.seed, 0, id, salt) }
