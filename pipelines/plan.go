package pipelines

import (
	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// Plan is all a run needs to know, worked out of a spec and the API's schema
// once. It must not be changed; any number of runs may read it at once.
type Plan struct {
	Spec        *Spec
	Schema      *schemas.Schema
	Connection  *schemas.Connection
	Query       *extract.Query
	PagingWhy   string // why the pages are addressed as they are, in a sentence
	Tables      []*schemas.Table
	Checks      [][]Check // by table
	Decode      transform.Options
	Formats     []load.Format
	Target      string // the folder to publish
	RowsPerFile int64  // 0: one file per table or partition

	targetPos Pos             // where the target is said
	parts     []*Plan         // for the further connections of the spec, whose rows go to the same tables
	further   bool            // it is such a part
	ways      []extract.Query // of paging, the safest first: Query is the first
	settings  Settings
}

// Check is one data check of a table: one of those that a spec can name.
type Check struct {
	Kind      string   // the spec's name of it: unique, not_null, values, min_rows, max_shrink, references
	Pos       Pos      // in the spec
	Columns   []string // of values the one, of the others all
	Values    []string // of values: what is allowed, as the column's values print
	MinRows   int64    // of min_rows
	MaxShrink float64  // of max_shrink, as a fraction
	MaxLost   int64    // of max_shrink, in rows; -1: MaxShrink counts
	To, Table string   // of references: the published folder, and the table there if it is named
	Sibling   int      // of references: the table of the same plan, -1: it is another's
	Keys      []string // of references: the columns there, one for each of Columns
	Optional  bool     // of references: made only where one run makes both, and not in the way of publication
	Why       string   // of references: why some have no key there
}
