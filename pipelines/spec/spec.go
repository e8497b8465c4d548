// Package spec reads the spec of a pipeline: YAML, `--set` values and variables. It gives a Spec with defaults
// filled in, and every fault that can be found without the API's schema, with its place and a hint. It never
// reads files and never asks the API.
package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// Settings are what the command line and the environment add to a spec.
type Settings struct {
	Env      func(string) (string, bool) // variables for ${VAR}; nil: none is set
	Set      []string                    // key.path=value over each spec, or pipeline:key.path=value over one
	Now      time.Time                   // its UTC day is ${date}
	Schema   *schemas.Schema             // nil: the embedded one
	Out      string                      // instead of load.to
	Formats  []string                    // instead of load.formats
	Endpoint string                      // instead of source.endpoint
}

// Spec is a pipeline as its author wrote it, with defaults filled in.
type Spec struct {
	document.Part
	File, SHA256 string // of the text, without --set and ${…}
	Text         string

	Version     int    // 1
	Name        string // of the pipeline, and of its table if it has one
	Description string // one line for people
	Source      Source
	Extract     extraction
	Lookups     []Lookup
	Tables      []Table
	MaxRejects  int64 // with more rejected records, nothing is published
	Load        output

	single  Table             // the keys of a spec without `tables`
	Decoder *document.Decoder // the faults that Read found, and the places of texts
}

// Source is where a pipeline reads from.
type Source struct {
	document.Part
	Endpoint  string // https://civicdb.org/api/graphql
	APIKeyEnv string // the variable that holds the API key: CIVIC_API_KEY
	Rate
	RateSet     bool          // the author set the rate: it also applies with an API key
	Concurrency int           // requests at the same time
	Timeout     time.Duration // of one request
	Retries     int           // of one request, after the first attempt
	Patience    time.Duration // with a server that is down: retries go on until then
}

// Rate is a number of requests in any period.
type Rate struct {
	document.Part
	Requests int
	Per      time.Duration
}

// extraction is what a pipeline asks for.
type extraction struct {
	document.Part
	PageSize int            // records; 0: the connection's maximum
	Paging   string         // auto, offset or ids
	Args     map[string]any // set by Compile
	ArgNodes *document.Node
	From     []document.Word // root connections
}

// Lookup is a set of values by key, from records of another connection.
type Lookup struct {
	document.Part
	Name       string
	Extract    extraction
	Key, Value Column
}

// Table is one table.
type Table struct {
	document.Part
	Name        string
	Doc         string
	Rows        string // path of the list whose elements make the rows; "": one row per record
	Outer       bool   // keep records without any element
	Columns     []Column
	Filter      string // an expression; rows are kept where it is true
	Key         []document.Word
	PartitionBy []document.Word
	Checks      []Check
}

// Written returns the columns that are not hidden.
func (t *Table) Written() []Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.Hidden })
}

// WrittenNames returns the names of the columns that are not hidden.
func (t *Table) WrittenNames() []string {
	var names []string
	for _, c := range t.Written() {
		names = append(names, c.Name)
	}
	return names
}

// Column is one column: a path, or an expression over other columns.
type Column struct {
	document.Part
	Name       string
	Path, Expr string
	Lookup, By string // a lookup, and the column with its keys
	Type       string // "": that of the schema or the expression
	List       string // a list mode
	Separator  string // of list: join
	Labels     bool
	Whole      bool // of the record, in a table whose rows are elements
	Repeat     bool // the expression says how many rows there are of each row
	Hidden     bool // for expressions, not written
	Doc        string
}

// output is where a pipeline writes to, and how.
type output struct {
	document.Part
	To          string
	RowsPerFile int64 // 0: one file per table or partition
	Formats     []Format
}

// Format is an output format with its options.
type Format struct {
	document.Part
	format.Format
	Pos document.Pos
}

// Check is one element of `checks`, with one of its fields set.
type Check struct {
	document.Part
	Unique, NotNull []document.Word
	Values          []Values
	MinRows         int64
	MaxShrink       loss
	References      Reference
}

// Values are the values that a column may have.
type Values struct {
	document.Part
	Column  document.Word
	Allowed []*document.Node
	Arg     string // the argument of the connection that says which values may be; "": Allowed says it
}

// Reference says that values of Columns are among the keys of another table.
type Reference struct {
	document.Part
	Columns, Keys []document.Word
	To, Why       string
	Required      bool // false: checked only if one run makes both, and only reported
}

// loss is how much of a table may go: a share, or rows unless they are negative.
type loss struct {
	Share float64
	Rows  int64
}

// Read reads a spec. Its error is document.Faults: all faults of the spec by itself. The spec is nil
// only if the text cannot be read as a map; otherwise Compile reports the same faults among its own.
func Read(file string, data []byte, s Settings) (*Spec, error) {
	d := &document.Decoder{
		FaultList: document.FaultList{File: file}, Language: Language, Env: s.Env, Date: s.Now.UTC().Format(time.DateOnly),
	}
	if d.Env == nil {
		d.Env = func(string) (string, bool) { return "", false }
	}
	root := d.Parse(data)
	if root == nil {
		return nil, d.Err()
	}
	name := nameOf(root, d)
	for _, assignment := range s.Set {
		if only, rest := SplitScope(assignment); only == "" || only == name {
			d.Set(root, rest)
		}
	}
	// The name of the key's variable is read first, so that no other value can use that variable.
	d.KeyVar = defaultKeyEnv
	if variable := root.Value("source").Value("api_key_env"); variable != nil {
		d.KeyVar = variable.Text
	}
	spec, ok := Shape.Read(d, root, "")
	if !ok {
		return nil, d.Err()
	}
	sum := sha256.Sum256(data)
	spec.File, spec.SHA256, spec.Text, spec.Decoder = file, hex.EncodeToString(sum[:]), string(data), d
	spec.Source.RateSet = spec.Source.Has("rate_limit")
	if !spec.Has("tables") {
		spec.single.Name, spec.single.Part = spec.Name, spec.Part
		spec.Tables = []Table{spec.single}
	}
	spec.checkRules()
	return &spec, d.Err()
}

// scope is a pipeline's name before a key path.
var scope = regexp.MustCompile(`^([^:=."'\[]+):`)

// SplitScope splits an assignment into the pipeline that it is for and the rest. The pipeline is empty if the
// assignment is for all.
func SplitScope(assignment string) (pipeline, rest string) {
	found := scope.FindStringSubmatch(assignment)
	if found == nil {
		return "", assignment
	}
	return strings.TrimSpace(found[1]), assignment[len(found[0]):]
}

// nameOf is the name of a spec before any assignment. Faults in it are reported when the spec is read.
func nameOf(root *document.Node, d *document.Decoder) string {
	n := root.Value("name")
	if n == nil {
		return ""
	}
	quiet := &document.Decoder{Language: Language, Env: d.Env, Date: d.Date, KeyVar: defaultKeyEnv}
	l, _ := quiet.Scalar(n)
	return l.Text
}
