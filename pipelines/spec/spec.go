package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// Settings are what the command line and the environment say to a spec.
type Settings struct {
	Env      func(string) (string, bool) // variables for ${VAR}; nil: none is set
	Set      []string                    // key.path=value, over the spec
	Now      time.Time                   // its UTC day is ${date}
	Schema   *schemas.Schema             // nil: the embedded one
	Out      string                      // in place of load.to
	Formats  []string                    // in place of load.formats
	Endpoint string                      // in place of source.endpoint
}

// Spec is a pipeline as its author wrote it, defaults filled in.
type Spec struct {
	document.Marks
	File, SHA256 string // of the text, without what --set and ${…} put in
	Text         string // as it was read

	Version     int    // 1
	Name        string // of the pipeline, and of its table if it has one
	Description string // one line for people
	Source      Source
	Extract     extraction
	Tables      []Table
	MaxRejects  int64 // more rejected records than that and nothing is published; 0
	Load        output

	single  Table             // the keys of a spec without `tables`
	Decoder *document.Decoder // what Read found wrong, and where texts stand
}

// Source is where a pipeline reads from.
type Source struct {
	document.Marks
	Endpoint    string        // https://civicdb.org/api/graphql
	APIKeyEnv   string        // the variable that holds the API key: CIVIC_API_KEY
	Rate                      // Requests in any Per: 900 in 5m
	RateSet     bool          // the author set the rate, with an accepted key too
	Concurrency int           // requests at a time: 4
	Timeout     time.Duration // of one request: 60s
	Retries     int           // of one request, after the first try: 8
}

type Rate struct {
	document.Marks
	Requests int
	Per      time.Duration
}

// extraction is what a pipeline asks for.
type extraction struct {
	document.Marks
	PageSize int            // records; 0: as many as the connection gives at once
	Paging   string         // auto, offset or ids
	Args     map[string]any // as Compile understood them
	ArgNodes *document.Node
	From     []document.Word // root connections
}

// Table is one table.
type Table struct {
	document.Marks
	Name        string
	Doc         string
	Rows        string // path of the list whose elements make the rows; "": a row a record
	Outer       bool   // keep records without any element
	Columns     []Column
	Filter      string // an expression; a row stays where it is true
	Key         []document.Word
	PartitionBy []document.Word
	Checks      []Check
}

// Written are the columns that are not hidden.
func (t *Table) Written() []Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.Hidden })
}

// Column is one column: a path, or an expression over other columns.
type Column struct {
	document.Marks
	Name       string
	Path, Expr string
	Type       string // "": as the schema or the expression has it
	List       string // keep
	Separator  string // of list: join
	Labels     bool
	Whole      bool // of the record, in a table whose rows are elements
	Hidden     bool // seen by expressions, not written
	Doc        string
	pos        document.Pos // of the name
}

// output is where a pipeline writes to, and how.
type output struct {
	document.Marks
	To          string
	RowsPerFile int64 // 0: one file per table or partition
	Formats     []Format
}

type Format struct {
	document.Marks
	Name         string
	Compression  string // "": the format's default
	Level        int    // 0: the compression's default
	RowGroupRows int    // 0: the default
	Squish       bool
	Null         string
	Pos          document.Pos
}

// Check is one element of `checks`, with one of its fields given.
type Check struct {
	document.Marks
	Unique, NotNull []document.Word
	Values          []Values
	MinRows         int64
	MaxShrink       loss
	References      Reference
}

type Values struct {
	Column  string
	pos     document.Pos
	Allowed []*document.Node
}

type Reference struct {
	document.Marks
	Columns, Keys []document.Word
	To, Why       string
	Required      bool // false: looked at only where one run makes both, and told, not refused
}

// loss is how much of a table may go: a share, or rows if they are not negative.
type loss struct {
	Share float64
	Rows  int64
}

// Read reads a spec. Its error is Faults: all that is wrong with the spec by
// itself. The spec is nil only where the text cannot be read as a map at all;
// otherwise Compile says the same faults again among its own.
func Read(file string, data []byte, s Settings) (*Spec, error) {
	d := &document.Decoder{FaultList: document.FaultList{File: file}, Language: Language, Env: s.Env, Date: s.Now.UTC().Format(time.DateOnly)}
	if d.Env == nil {
		d.Env = func(string) (string, bool) { return "", false }
	}
	root := d.Parse(data)
	if root == nil {
		return nil, d.Err()
	}
	for _, assignment := range s.Set {
		d.Set(root, assignment)
	}
	d.KeyVar = keyVariable(root)
	spec, ok := Shape.Read(d, root, "")
	if !ok {
		return nil, d.Err()
	}
	sum := sha256.Sum256(data)
	spec.File, spec.SHA256, spec.Text, spec.Decoder = file, hex.EncodeToString(sum[:]), string(data), d
	spec.Source.RateSet = spec.Source.Has("rate_limit")
	spec.settleTables()
	spec.checkRules()
	return &spec, d.Err()
}

// keyVariable is the name under source.api_key_env, looked up early so that no
// other value can take what it holds.
func keyVariable(root *document.Node) string {
	if source := root.Entry("source"); source != nil {
		if e := source.Value.Entry("api_key_env"); e != nil {
			return e.Value.Text
		}
	}
	return defaultKeyEnv
}

// settleTables makes the one table of a spec without `tables`.
func (s *Spec) settleTables() {
	if s.Has("tables") {
		return
	}
	s.single.Name = s.Name
	s.single.Mark("", s.Nodes[""])
	s.Tables = []Table{s.single}
}
