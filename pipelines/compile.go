package pipelines

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// Compile works out the plan of a spec. Its error is Faults: those that Read
// found, and what in the spec does not fit the API's schema.
func Compile(given *Spec, s Settings) (*Plan, error) {
	plan, err := compileFrom(given, s, 0)
	for i := 1; err == nil && i < len(given.Extract.from); i++ {
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
func compileFrom(given *Spec, s Settings, from int) (*Plan, error) {
	copied := *given
	spec, d := &copied, *given.decoder
	d.faults, d.filled = slices.Clone(d.faults), maps.Clone(d.filled)
	schema := s.Schema
	if schema == nil {
		schema = schemas.Embedded()
	}
	c := &compiler{decoder: &d, spec: spec, schema: schema, from: from}
	c.plan = &Plan{Spec: spec, Schema: schema, RowsPerFile: spec.Load.RowsPerFile, settings: s, further: from > 0}
	c.output(s)
	if c.connect() {
		c.query()
		c.tables()
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	c.finish()
	return c.plan, nil
}

type compiler struct {
	*decoder
	spec   *Spec
	schema *schemas.Schema
	plan   *Plan
	drafts []*draft
	from   int // which of the spec's connections
}

// connect finds the root connection.
func (c *compiler) connect() bool {
	if len(c.spec.Extract.from) == 0 {
		return false // Read has said why
	}
	from := c.spec.Extract.from[c.from]
	connection, err := c.schema.Connection(from.Text)
	var unknown *schemas.ConnectionError
	if errors.As(err, &unknown) {
		c.fault(from.node.pos, c.hide(from.node, unknown.Hint), "%s", c.hide(from.node, unknown.What))
		return false
	}
	c.plan.Connection = connection
	return true
}

// query checks the arguments and the paging.
func (c *compiler) query() {
	e := &c.spec.Extract
	connection := c.plan.Connection
	e.Args = c.arguments(connection, e.args)
	q := &extract.Query{
		Connection: connection, Args: c.schema.ArgsText(connection, e.Args), PageSize: e.PageSize,
	}
	if e.PageSize == 0 {
		q.PageSize = connection.MaxPage
	} else if e.PageSize > connection.MaxPage {
		c.fault(e.at("page_size"), fmt.Sprintf("write %d or less, or remove it: the server gives no more, without a word", connection.MaxPage),
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
	for i := range c.plan.pagings {
		c.plan.pagings[i].Selection = selection
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
func (c *compiler) arguments(connection *schemas.Connection, n *node) map[string]any {
	a := &argReader{decoder: c.decoder, texts: map[*node]bool{}}
	args := a.read(n)
	if a.failed {
		return args
	}
	// A number from ${…} in quotes may be meant as a text: where it does not fit, it is tried as one.
	for _, f := range c.schema.CheckArgs(connection, args) {
		if at := follow(n, f.Path); at != nil && a.filled[at] {
			a.texts[at] = true
		}
	}
	args = a.read(n)
	for _, f := range c.schema.CheckArgs(connection, args) {
		at, what := follow(n, f.Path), f.What
		pos := c.spec.Extract.at("args")
		if at != nil {
			pos = c.argPos(n, at, f)
			what = c.hide(at, what)
		}
		c.fault(pos, c.hide(at, f.Hint), "extract.args: %s", what)
	}
	return args
}

// argPos is the place of a fault: of the key if it is unknown, else of the value.
func (c *compiler) argPos(root, at *node, f schemas.ArgFault) Pos {
	parent := follow(root, f.Path[:len(f.Path)-1])
	key, isKey := f.Path[len(f.Path)-1].(string)
	if parent == nil || !isKey || !f.InName {
		return at.pos
	}
	if e := parent.entry(key); e != nil {
		return e.pos
	}
	return at.pos
}

// follow walks from the arguments to a value, nil if there is none.
func follow(n *node, path []any) *node {
	for _, step := range path {
		if n == nil {
			return nil
		}
		switch step := step.(type) {
		case string:
			e := n.entry(step)
			if e == nil {
				return nil
			}
			n = e.value
		case int:
			if step >= len(n.items) {
				return nil
			}
			n = n.items[step]
		}
	}
	return n
}

// argReader makes plain values of the tree of arguments.
type argReader struct {
	decoder *decoder
	texts   map[*node]bool // to be read as text, whatever they look like
	filled  map[*node]bool // they came, in part, from ${…}
	failed  bool
}

func (a *argReader) read(n *node) map[string]any {
	a.filled = map[*node]bool{}
	if n == nil || n.kind != mapNode {
		return map[string]any{}
	}
	return a.value(n).(map[string]any)
}

func (a *argReader) value(n *node) any {
	switch n.kind {
	case mapNode:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.key] = a.value(e.value)
		}
		return m
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = a.value(item)
		}
		return list
	}
	l, ok := a.decoder.scalar(n)
	a.failed = a.failed || !ok
	if !l.filled {
		return l.value()
	}
	a.filled[n] = true
	if a.texts[n] {
		return l.text
	}
	return resolve(l.text)
}
