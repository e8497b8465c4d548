package plan

import (
	"errors"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// Lookup is a further extraction, whose values columns take by key. Its only table has the columns key and value.
type Lookup struct {
	Name string
	Plan *Plan
}

// compileLookups makes the plans of the spec's lookups. It returns all faults of all.
func compileLookups(given *spec.Spec, s spec.Settings) ([]Lookup, error) {
	var lookups []Lookup
	var all document.Faults
	s.Formats = []string{"ndjson"} // its rows stay in memory
	for i := range given.Lookups {
		l := &given.Lookups[i]
		if !l.Has("key") || !l.Has("value") {
			continue // reported already
		}
		part, decoder := *given, *given.Decoder
		decoder.Faults, part.Decoder = nil, &decoder
		part.Extract, part.Lookups = l.Extract, nil
		part.Tables = []spec.Table{{Name: l.Name, Columns: []spec.Column{l.Key, l.Value}}}
		part.Extract.Paging = pagingByID(s.Schema, l)
		p, err := compileFrom(&part, s, 0, nil)
		if err == nil {
			err = checkLookup(given, l, p)
		}
		if err != nil {
			var faults document.Faults
			errors.As(err, &faults)
			all = append(all, faults...)
			continue
		}
		p.Further, p.lookup = true, l.Name
		lookups = append(lookups, Lookup{Name: l.Name, Plan: p})
	}
	if len(all) > 0 {
		return lookups, all
	}
	return lookups, nil
}

// pagingByID is the way of paging that gives the records in the order of their ids, if there is one: the values of a
// key come in the order of their records.
func pagingByID(schema *schemas.Schema, l *spec.Lookup) string {
	if schema == nil {
		schema = schemas.Embedded()
	}
	if len(l.Extract.From) > 0 {
		connection, err := schema.Connection(l.Extract.From[0].Text)
		if err == nil && connection.IDs && !connection.SortByID {
			return extract.IDs.String()
		}
	}
	return extract.Auto.String()
}

// checkLookup reports keys that are not numbers, and values that no list can have.
func checkLookup(given *spec.Spec, l *spec.Lookup, p *Plan) error {
	faults := document.FaultList{File: given.File}
	columns := p.Tables[0].Columns
	if key := columns[0].Type; key.Kind != schemas.Int64 {
		faults.Fault(l.At("key"), "name an id, such as variants.id", "lookups.%s.key is %s", l.Name, key)
	}
	kinds := []schemas.Kind{schemas.String, schemas.Enum, schemas.Int64, schemas.Bool}
	if value := columns[1].Type; value.List || !slices.Contains(kinds, value.Kind) {
		faults.Fault(l.At("value"), "name one text or whole number of the record, such as name",
			"lookups.%s.value is %s", l.Name, value)
	}
	return faults.Err()
}

// resolveLookup finds the type of a column with values of a lookup.
func (c *compiler) resolveLookup(t *table, col *column) {
	if col.spec.Lookup == "" || col.spec.By == "" {
		return
	}
	i := slices.IndexFunc(c.lookups, func(l Lookup) bool { return l.Name == col.spec.Lookup })
	if i < 0 {
		var names []string
		for _, l := range c.spec.Lookups {
			names = append(names, l.Name)
		}
		if !slices.Contains(names, col.spec.Lookup) { // else its faults are reported
			c.Fault(col.spec.At("lookup"), wording.DidYouMean(col.spec.Lookup, names),
				"%s: there is no lookup %s", col.name, wording.Quote(col.spec.Lookup))
		}
		return
	}
	by := slices.IndexFunc(t.columns, func(other column) bool { return other.spec.Name == col.spec.By })
	switch {
	case by < 0:
		c.Fault(col.spec.At("by"), "name a column with an id", "%s: there is no column %s", col.name, wording.Quote(col.spec.By))
		return
	case t.columns[by].path == nil || t.columns[by].typ.Kind != schemas.Int64 || t.columns[by].typ.List:
		c.Fault(col.spec.At("by"), "name a column with a path to one number",
			"%s: %s is not a key", col.name, wording.Quote(col.spec.By))
		return
	}
	value := c.lookups[i].Plan.Tables[0].Columns[1].Type
	col.typ, col.done = schemas.Type{Kind: value.Kind, List: true}, true
}
