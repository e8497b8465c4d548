// Package plan resolves a spec against the API's schema. It takes a Spec and gives a Plan: the query, the ways
// of paging, the tables with the types of their columns, the checks and the output; or every fault with its
// place. It renders plans for people and programs and estimates their cost. It never asks the API.
package plan

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// Plan is all that a run needs to know: a spec resolved against the API's schema. It must not be changed;
// any number of runs may read it at once.
type Plan struct {
	Spec        *spec.Spec
	Settings    spec.Settings
	Schema      *schemas.Schema
	Connection  *schemas.Connection
	Query       *extract.Query
	Pagings     []extract.Query // ways of paging, the safest first: Query is the first
	PagingWhy   string          // why pages are addressed and sorted so
	Tables      []*schemas.Table
	Checks      [][]Check // by table
	Decode      transform.Options
	Formats     []format.Format
	Target      string // the folder to publish
	RowsPerFile int64  // 0: one file per table or partition
	Further     bool   // it is for a further connection of the spec
	Lookups     []Lookup

	targetPos document.Pos // where the target is named
	lookup    string       // the name of the lookup that it is for
	parts     []*Plan      // for the further connections of the spec, whose rows go to the same tables
}

// StreamTable returns the index of the table for standard output: the named one, the only one, or the one
// with the pipeline's name.
func (p *Plan) StreamTable(name string) (int, error) {
	var names []string
	for i, t := range p.Tables {
		if t.Name == name || name == "" && (len(p.Tables) == 1 || t.Name == p.Spec.Name) {
			return i, nil
		}
		names = append(names, t.Name)
	}
	if name == "" {
		return 0, fmt.Errorf("--stdout writes one table; name it with --table: %s", strings.Join(names, ", "))
	}
	return 0, fmt.Errorf("--table %s: no such table; there are %s", name, strings.Join(names, ", "))
}

// RejectedID returns the id of a rejected record as text, "" if it has none.
func (p *Plan) RejectedID(r *transform.Reject) string {
	name := "id"
	if keys := p.Decode.ID; len(keys) == 1 {
		name = keys[0].Name
	}
	record, _ := DecodeJSON(string(r.Record)).(map[string]any)
	if id := record[name]; id != nil {
		return fmt.Sprint(id)
	}
	return ""
}

// ColumnNamesOf returns the names of a table's columns.
func ColumnNamesOf(table *schemas.Table) []string {
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	return names
}

// DecodeJSON decodes a JSON text with exact numbers; nil if it is not JSON.
func DecodeJSON(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
