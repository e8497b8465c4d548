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

// Plan is all a run needs to know, worked out of a spec and the API's schema
// once. It must not be changed; any number of runs may read it at once.
type Plan struct {
	Spec        *spec.Spec
	Schema      *schemas.Schema
	Connection  *schemas.Connection
	Query       *extract.Query
	PagingWhy   string // why the pages are addressed as they are, in a sentence
	Tables      []*schemas.Table
	Checks      [][]Check // by table
	Decode      transform.Options
	Formats     []format.Format
	Target      string // the folder to publish
	RowsPerFile int64  // 0: one file per table or partition

	targetPos document.Pos    // where the target is said
	parts     []*Plan         // for the further connections of the spec, whose rows go to the same tables
	Further   bool            // it is such a part
	Pagings   []extract.Query // of paging, the safest first: Query is the first
	Settings  spec.Settings
}

// StreamTable finds the table that goes to standard output: the named one, or
// the only one, or that of the pipeline's name.
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

// RejectedID is the id of a rejected record, as text; "" if it has none.
func (p *Plan) RejectedID(r *transform.Reject) string {
	name := "id"
	if keys := p.Decode.ID; len(keys) == 1 {
		name = keys[0].Name
	}
	record, _ := ThroughJSON(string(r.Record)).(map[string]any)
	if id := record[name]; id != nil {
		return fmt.Sprint(id)
	}
	return ""
}

func ColumnNamesOf(table *schemas.Table) []string {
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	return names
}

func ThroughJSON(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
