package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

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
	marks
	File, SHA256 string // of the text, without what --set and ${…} put in
	Text         string // as it was read

	Version     int    // 1
	Name        string // of the pipeline, and of its table if it has one
	Description string // one line for people
	Source      Source
	Extract     extraction
	Tables      []tableSpec
	MaxRejects  int64 // more rejected records than that and nothing is published; 0
	Load        output

	single  tableSpec // the keys of a spec without `tables`
	decoder *decoder  // what Read found wrong, and where texts stand
}

// Source is where a pipeline reads from.
type Source struct {
	marks
	Endpoint    string        // https://civicdb.org/api/graphql
	APIKeyEnv   string        // the variable that holds the API key: CIVIC_API_KEY
	rate                      // Requests in any Per: 900 in 5m
	RateSet     bool          // the author set the rate, with an accepted key too
	Concurrency int           // requests at a time: 4
	Timeout     time.Duration // of one request: 60s
	Retries     int           // of one request, after the first try: 8
}

type rate struct {
	marks
	Requests int
	Per      time.Duration
}

// extraction is what a pipeline asks for.
type extraction struct {
	marks
	PageSize int            // records; 0: as many as the connection gives at once
	Paging   string         // auto, offset or ids
	Args     map[string]any // as Compile understood them
	args     *node
	from     []word // root connections
}

// tableSpec is one table.
type tableSpec struct {
	marks
	Name        string
	Doc         string
	Rows        string // path of the list whose elements make the rows; "": a row a record
	Outer       bool   // keep records without any element
	Columns     []columnSpec
	Filter      string // an expression; a row stays where it is true
	key         []word
	partitionBy []word
	checks      []checkSpec
}

// written are the columns that are not hidden.
func (t *tableSpec) written() []columnSpec {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c columnSpec) bool { return c.Hidden })
}

// columnSpec is one column: a path, or an expression over other columns.
type columnSpec struct {
	marks
	Name       string
	Path, Expr string
	Type       string // "": as the schema or the expression has it
	List       string // keep
	Separator  string // of list: join
	Labels     bool
	Whole      bool // of the record, in a table whose rows are elements
	Hidden     bool // seen by expressions, not written
	Doc        string
	pos        Pos // of the name
}

// output is where a pipeline writes to, and how.
type output struct {
	marks
	To          string
	RowsPerFile int64 // 0: one file per table or partition
	formats     []formatSpec
}

type formatSpec struct {
	marks
	name         string
	compression  string // "": the format's default
	level        int    // 0: the compression's default
	rowGroupRows int    // 0: the default
	squish       bool
	null         string
	pos          Pos
}

// checkSpec is one element of `checks`, with one of its fields given.
type checkSpec struct {
	marks
	unique, notNull []word
	values          []valuesSpec
	minRows         int64
	maxShrink       loss
	references      reference
}

type valuesSpec struct {
	column  string
	pos     Pos
	allowed []*node
}

type reference struct {
	marks
	columns, keys []word
	to, why       string
	required      bool // false: looked at only where one run makes both, and told, not refused
}

// loss is how much of a table may go: a share, or rows if they are not negative.
type loss struct {
	share float64
	rows  int64
}

// Read reads a spec. Its error is Faults: all that is wrong with the spec by
// itself. The spec is nil only where the text cannot be read as a map at all;
// otherwise Compile says the same faults again among its own.
func Read(file string, data []byte, s Settings) (*Spec, error) {
	d := &decoder{faultList: faultList{file: file}, language: specLanguage, env: s.Env, date: s.Now.UTC().Format(time.DateOnly)}
	if d.env == nil {
		d.env = func(string) (string, bool) { return "", false }
	}
	root := d.parse(data)
	if root == nil {
		return nil, d.err()
	}
	for _, assignment := range s.Set {
		d.set(root, assignment)
	}
	d.keyVar = keyVariable(root)
	spec, ok := specShape.read(d, root, "")
	if !ok {
		return nil, d.err()
	}
	sum := sha256.Sum256(data)
	spec.File, spec.SHA256, spec.Text, spec.decoder = file, hex.EncodeToString(sum[:]), string(data), d
	spec.Source.RateSet = spec.Source.has("rate_limit")
	spec.settleTables()
	spec.checkRules()
	return &spec, d.err()
}

// keyVariable is the name under source.api_key_env, looked up early so that no
// other value can take what it holds.
func keyVariable(root *node) string {
	if source := root.entry("source"); source != nil {
		if e := source.value.entry("api_key_env"); e != nil {
			return e.value.text
		}
	}
	return defaultKeyEnv
}

// settleTables makes the one table of a spec without `tables`.
func (s *Spec) settleTables() {
	if s.has("tables") {
		return
	}
	s.single.Name = s.Name
	s.single.mark("", s.nodes[""])
	s.Tables = []tableSpec{s.single}
}
