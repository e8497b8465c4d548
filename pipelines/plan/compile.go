package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// Compile makes the plan of a spec. Its error is document.Faults: those that Read found, and those
// against the API's schema.
func Compile(given *spec.Spec, s spec.Settings) (*Plan, error) {
	lookups, faulty := compileLookups(given, s)
	plan, err := compileFrom(given, s, 0, lookups)
	for i := 1; err == nil && i < len(given.Extract.From); i++ {
		var part *Plan
		if part, err = compileFrom(given, s, i, lookups); err == nil {
			plan.parts = append(plan.parts, part)
		}
	}
	if err == nil {
		err = plan.unite()
	}
	if err = joinFaults(err, faulty); err != nil {
		return nil, err
	}
	plan.Lookups = lookups
	return plan, nil
}

// joinFaults returns all faults of two errors, each once.
func joinFaults(errs ...error) error {
	var all document.Faults
	for _, err := range errs {
		var faults document.Faults
		errors.As(err, &faults)
		all = append(all, faults...)
	}
	if len(all) == 0 {
		return nil
	}
	return all.Tidy()
}

// compileFrom makes the plan of one of the spec's connections.
func compileFrom(given *spec.Spec, s spec.Settings, from int, lookups []Lookup) (*Plan, error) {
	spec, d := *given, *given.Decoder
	d.Faults = slices.Clone(d.Faults)
	schema := s.Schema
	if schema == nil {
		schema = schemas.Embedded()
	}
	c := &compiler{Decoder: &d, spec: &spec, schema: schema, from: from, lookups: lookups}
	c.plan = &Plan{Spec: &spec, Schema: schema, RowsPerFile: spec.Load.RowsPerFile, Settings: s, Further: from > 0}
	c.output(s)
	if c.connect() {
		c.query()
		c.resolveTables()
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	c.finish()
	c.checkShapes()
	if err := d.Err(); err != nil {
		return nil, err
	}
	return c.plan, nil
}

// compiler resolves a spec against the schema of the API.
type compiler struct {
	*document.Decoder
	spec    *spec.Spec
	schema  *schemas.Schema
	plan    *Plan
	tables  []*table
	formats []spec.Format
	lookups []Lookup
	from    int // the index of the connection in extract.from
}

// connect finds the root connection.
func (c *compiler) connect() bool {
	if len(c.spec.Extract.From) == 0 {
		return false // Read has reported it
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
	switch most := connection.MaxPage; {
	case e.PageSize == 0:
		q.PageSize = most
	case e.PageSize > most:
		hint := fmt.Sprintf("write %d or less, or remove it: the server silently limits larger pages", most)
		c.Fault(e.At("page_size"), hint,
			"extract.page_size is %d, and %s gives at most %d per page", e.PageSize, connection.Name, most)
	}
	c.paging(q)
	c.plan.Query = q
}

// finish completes the plan of a spec without faults.
func (c *compiler) finish() {
	var paths []*schemas.Path
	id := c.recordID()
	if id != nil {
		paths = append(paths, id)
	}
	for _, t := range c.tables {
		paths = append(paths, t.paths()...)
	}
	p := c.plan
	selection := c.schema.Select(p.Connection.Node, paths...)
	p.Query.Selection = selection
	for i := range p.Pagings {
		p.Pagings[i].Selection = selection
	}
	p.Decode = transform.Options{Connection: p.Connection.Name}
	if id != nil {
		p.Decode.ID = selection.Keys(id)
	}
	for _, t := range c.tables {
		p.Decode.Tables = append(p.Decode.Tables, t.decode(selection))
		p.Tables = append(p.Tables, t.written())
		p.Checks = append(p.Checks, t.checks)
	}
}

// recordID is the path of the record's id, which identifies repeated records; nil if the type has none.
func (c *compiler) recordID() *schemas.Path {
	id, err := c.schema.Resolve(c.plan.Connection.Node, "id")
	if err != nil || id.Type.Kind != schemas.Int64 || id.Type.List {
		return nil
	}
	return id
}

// arguments returns the values of extract.args, and reports faults at their places.
func (c *compiler) arguments(connection *schemas.Connection, n *document.Node) map[string]any {
	texts := map[*document.Node]bool{}
	before := len(c.Faults)
	args := c.argumentMap(n, texts)
	if len(c.Faults) > before {
		return args
	}
	// A quoted number from ${…} may be meant as a text: if the number does not fit, the text may.
	for _, f := range c.schema.CheckArgs(connection, args) {
		if at := Follow(n, f.Path); at != nil && strings.Contains(at.Text, "${") {
			texts[at] = true
		}
	}
	args = c.argumentMap(n, texts)
	for _, f := range c.schema.CheckArgs(connection, args) {
		at := Follow(n, f.Path)
		c.Fault(c.argumentPos(n, at, f), c.Hide(at, f.Hint), "extract.args: %s", c.Hide(at, f.What))
	}
	return args
}

// argumentPos is the place of a fault: of the key if it is unknown, else of the value.
func (c *compiler) argumentPos(root, at *document.Node, f schemas.ArgFault) document.Pos {
	if at == nil {
		return c.spec.Extract.At("args")
	}
	last := len(f.Path) - 1
	if key, isKey := f.Path[last].(string); isKey && f.InName {
		if e := Follow(root, f.Path[:last]).Entry(key); e != nil {
			return e.Pos
		}
	}
	return at.Pos
}

// Follow walks from the arguments to a value, nil if there is none.
func Follow(n *document.Node, path []any) *document.Node {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			n = n.Value(step)
		case int:
			if n == nil || step >= len(n.Items) {
				return nil
			}
			n = n.Items[step]
		}
	}
	return n
}

// argumentMap returns the arguments as plain values. Nodes in texts are read as text.
func (c *compiler) argumentMap(n *document.Node, texts map[*document.Node]bool) map[string]any {
	m := map[string]any{}
	if n == nil {
		return m
	}
	for _, e := range n.Entries {
		m[e.Key] = c.argument(e.Value, texts)
	}
	return m
}

func (c *compiler) argument(n *document.Node, texts map[*document.Node]bool) any {
	switch n.Kind {
	case document.MapNode:
		return c.argumentMap(n, texts)
	case document.ListNode:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = c.argument(item, texts)
		}
		return list
	}
	l, ok := c.Scalar(n)
	if ok && l.Filled && strings.TrimSpace(l.Text) == "" {
		c.EmptyValue(n, "an argument")
	}
	if texts[n] {
		return l.Text
	}
	return l.FilledValue()
}
