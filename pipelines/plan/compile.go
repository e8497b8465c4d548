package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// Compile works out the plan of a spec. Its error is Faults: those that Read
// found, and what in the spec does not fit the API's schema.
func Compile(given *spec.Spec, s spec.Settings) (*Plan, error) {
	plan, err := compileFrom(given, s, 0)
	for i := 1; err == nil && i < len(given.Extract.From); i++ {
		var part *Plan
		if part, err = compileFrom(given, s, i); err == nil {
			plan.parts = append(plan.parts, part)
		}
	}
	if err == nil {
		err = unite(plan)
	}
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// compileFrom works out the plan of one of the spec's connections.
func compileFrom(given *spec.Spec, s spec.Settings, from int) (*Plan, error) {
	copied := *given
	spec, d := &copied, *given.Decoder
	d.Faults = slices.Clone(d.Faults)
	schema := s.Schema
	if schema == nil {
		schema = schemas.Embedded()
	}
	c := &compiler{Decoder: &d, spec: spec, schema: schema, from: from}
	c.plan = &Plan{Spec: spec, Schema: schema, RowsPerFile: spec.Load.RowsPerFile, Settings: s, Further: from > 0}
	c.output(s)
	if c.connect() {
		c.query()
		c.tables()
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	c.finish()
	return c.plan, nil
}

type compiler struct {
	*document.Decoder
	spec   *spec.Spec
	schema *schemas.Schema
	plan   *Plan
	drafts []*draft
	from   int // which of the spec's connections
}

// connect finds the root connection.
func (c *compiler) connect() bool {
	if len(c.spec.Extract.From) == 0 {
		return false // Read has said why
	}
	from := c.spec.Extract.From[c.from]
	connection, err := c.schema.Connection(from.Text)
	var unknown *schemas.ConnectionError
	if errors.As(err, &unknown) {
		c.Fault(from.Node.Pos, c.Hide(from.Node, unknown.Hint), "%s", c.Hide(from.Node, unknown.What))
		return false
	}
	c.plan.Connection = connection
	return true
}

// query checks the arguments and the paging.
func (c *compiler) query() {
	e := &c.spec.Extract
	connection := c.plan.Connection
	e.Args = c.arguments(connection, e.ArgNodes)
	q := &extract.Query{
		Connection: connection, Args: c.schema.ArgsText(connection, e.Args), PageSize: e.PageSize,
	}
	if e.PageSize == 0 {
		q.PageSize = connection.MaxPage
	} else if e.PageSize > connection.MaxPage {
		c.Fault(e.At("page_size"), fmt.Sprintf("write %d or less, or remove it: the server gives no more, without a word", connection.MaxPage),
			"extract.page_size is %d, and %s gives at most %d at once", e.PageSize, connection.Name, connection.MaxPage)
	}
	c.paging(q)
	c.plan.Query = q
}

// finish puts the parts together, once nothing is wrong with any of them.
func (c *compiler) finish() {
	var paths []*schemas.Path
	id := c.recordID()
	if id != nil {
		paths = append(paths, id)
	}
	for _, t := range c.drafts {
		paths = append(paths, t.paths()...)
	}
	selection := c.schema.Select(c.plan.Connection.Node, paths...)
	c.plan.Query.Selection = selection
	for i := range c.plan.Pagings {
		c.plan.Pagings[i].Selection = selection
	}
	c.plan.Decode = transform.Options{Connection: c.plan.Connection.Name}
	if id != nil {
		c.plan.Decode.ID = selection.Keys(id)
	}
	for _, t := range c.drafts {
		c.plan.Decode.Tables = append(c.plan.Decode.Tables, t.decode(selection))
		c.plan.Tables = append(c.plan.Tables, t.table())
		c.plan.Checks = append(c.plan.Checks, t.checks)
	}
}

// recordID is the path of the record's own id, by which records that come twice
// are known; nil where the type has none.
func (c *compiler) recordID() *schemas.Path {
	id, err := c.schema.Resolve(c.plan.Connection.Node, "id")
	if err != nil || id.Type.Kind != schemas.Int64 || id.Type.List {
		return nil
	}
	return id
}

// arguments gives the values of extract.args as CheckArgs takes them, after
// saying what is wrong with them at their own places.
func (c *compiler) arguments(connection *schemas.Connection, n *document.Node) map[string]any {
	a := &argReader{decoder: c.Decoder, texts: map[*document.Node]bool{}}
	args := a.read(n)
	if a.failed {
		return args
	}
	// A number from ${…} in quotes may be meant as a text: where it does not fit, it is tried as one.
	for _, f := range c.schema.CheckArgs(connection, args) {
		if at := Follow(n, f.Path); at != nil && a.filled[at] {
			a.texts[at] = true
		}
	}
	args = a.read(n)
	for _, f := range c.schema.CheckArgs(connection, args) {
		at, what := Follow(n, f.Path), f.What
		pos := c.spec.Extract.At("args")
		if at != nil {
			pos = c.argPos(n, at, f)
			what = c.Hide(at, what)
		}
		c.Fault(pos, c.Hide(at, f.Hint), "extract.args: %s", what)
	}
	return args
}

// argPos is the place of a fault: of the key if it is unknown, else of the value.
func (c *compiler) argPos(root, at *document.Node, f schemas.ArgFault) document.Pos {
	parent := Follow(root, f.Path[:len(f.Path)-1])
	key, isKey := f.Path[len(f.Path)-1].(string)
	if parent == nil || !isKey || !f.InName {
		return at.Pos
	}
	if e := parent.Entry(key); e != nil {
		return e.Pos
	}
	return at.Pos
}

// Follow walks from the arguments to a value, nil if there is none.
func Follow(n *document.Node, path []any) *document.Node {
	for _, step := range path {
		if n == nil {
			return nil
		}
		switch step := step.(type) {
		case string:
			e := n.Entry(step)
			if e == nil {
				return nil
			}
			n = e.Value
		case int:
			if step >= len(n.Items) {
				return nil
			}
			n = n.Items[step]
		}
	}
	return n
}

// argReader makes plain values of the tree of arguments.
type argReader struct {
	decoder *document.Decoder
	texts   map[*document.Node]bool // to be read as text, whatever they look like
	filled  map[*document.Node]bool // they came, in part, from ${…}
	failed  bool
}

func (a *argReader) read(n *document.Node) map[string]any {
	a.filled = map[*document.Node]bool{}
	if n == nil || n.Kind != document.MapNode {
		return map[string]any{}
	}
	return a.value(n).(map[string]any)
}

func (a *argReader) value(n *document.Node) any {
	switch n.Kind {
	case document.MapNode:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = a.value(e.Value)
		}
		return m
	case document.ListNode:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = a.value(item)
		}
		return list
	}
	l, ok := a.decoder.Scalar(n)
	a.failed = a.failed || !ok
	if !l.Filled {
		return l.Value()
	}
	a.filled[n] = true
	if a.texts[n] {
		return l.Text
	}
	return document.Resolve(l.Text)
}
