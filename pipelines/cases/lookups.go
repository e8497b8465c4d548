package cases

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/lookup"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/transform"
)

// looked is the answer of the API to the query of a lookup.
type looked struct {
	plan.Lookup
	answer []byte
}

// lookUp makes the answers with the case's records of lookups.
func (c *testCase) lookUp(d *document.Decoder, whole *plan.Plan) {
	var names []string
	for _, l := range whole.Lookups {
		names = append(names, l.Name)
		i := slices.IndexFunc(c.lookups, func(n lookupNodes) bool { return n.name.Text == l.Name })
		if i >= 0 {
			c.looked = append(c.looked, looked{l, newAnswerer(d, l.Plan).page(c.lookups[i].nodes.Items)})
		}
	}
	for _, n := range c.lookups {
		if !slices.Contains(names, n.name.Text) {
			d.Fault(n.name.Node.Pos, wording.DidYouMean(n.name.Text, names),
				"the spec has no lookup %s", wording.Quote(n.name.Text))
		}
	}
}

// values returns the values of a lookup.
func (l *looked) values() (lookup.Values, error) {
	page, err := l.Plan.Query.ReadPage(extract.Window{}, l.answer)
	if err != nil {
		return nil, fmt.Errorf("lookup %s: extract: %w", l.Name, err)
	}
	decoder, err := transform.Compile(l.Plan.Decode)
	if err != nil {
		return nil, fmt.Errorf("lookup %s: transform: %w", l.Name, err)
	}
	defer decoder.Close()
	values := lookup.Values{}
	add := func(_ int, batch arrow.RecordBatch) error {
		defer batch.Release()
		values.Add(batch)
		return nil
	}
	_, err = decoder.Decode(page.Body, add)
	if err == nil {
		err = decoder.Flush(add)
	}
	if err != nil {
		return nil, fmt.Errorf("lookup %s: transform: %w", l.Name, err)
	}
	return values, nil
}

// lookupValues returns the values of all lookups of the case.
func (c *testCase) lookupValues() (func(name string, key int64) []any, error) {
	all := map[string]lookup.Values{}
	for i := range c.looked {
		values, err := c.looked[i].values()
		if err != nil {
			return nil, err
		}
		all[c.looked[i].Name] = values
	}
	return func(name string, key int64) []any { return all[name][key] }, nil
}
