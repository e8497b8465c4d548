package cases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// answerer makes the API's answer to a plan's query from nodes as records. It renames each field to its key in the
// answer, and reports missing fields.
type answerer struct {
	*document.Decoder
	schema *schemas.Schema
	plan   *plan.Plan
}

func newAnswerer(d *document.Decoder, p *plan.Plan) *answerer {
	return &answerer{Decoder: d, schema: p.Schema, plan: p}
}

// page is the body of the answer. Errors in the nodes become faults.
func (a *answerer) page(nodes []*document.Node) []byte {
	const head = `{"data":{%q:{"totalCount":%d,"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[`
	b := fmt.Appendf(nil, head, a.plan.Connection.Name, len(nodes))
	a.repeats(nodes)
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.object(b, n, a.plan.Connection.Node, a.plan.Query.Selection.Fields, fmt.Sprintf("nodes[%d]", i))
	}
	return append(b, "]}}}"...)
}

// repeats reports nodes with the same id, since a run drops duplicates.
func (a *answerer) repeats(nodes []*document.Node) {
	if len(a.plan.Decode.ID) == 0 {
		return
	}
	seen := map[string]int{}
	for i, n := range nodes {
		id := n.Entry("id")
		if id == nil || id.Value.Null() || id.Value.Kind != document.ScalarNode {
			continue
		}
		if first, repeated := seen[id.Value.Text]; repeated {
			a.Fault(n.Pos, "give it another id: a run drops duplicates", "nodes[%d] has the id %s of nodes[%d]",
				i, wording.Quote(id.Value.Text), first)
			continue
		}
		seen[id.Value.Text] = i
	}
}

// object appends the selected fields of a node of the type.
func (a *answerer) object(b []byte, n *document.Node, typ string, fields []*schemas.Field, name string) []byte {
	def := a.schema.AST().Types[typ]
	actual := a.actual(n, def, name)
	a.unknownFields(n, def, fields, name)
	var missing []string
	b = append(b, '{')
	for _, f := range fields {
		if f.Narrow != "" && actual != nil && !a.is(actual, f.Narrow) {
			continue // of another type
		}
		value := fieldOf(n, f, actual)
		switch {
		case value == nil && f.Name == "__typename" && actual != nil:
			value = &document.Node{Text: actual.Name}
		case value == nil && f.Narrow != "" && actual == nil:
			continue
		case value == nil:
			missing = append(missing, f.Name)
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, f.Key), ':')
		b = a.value(b, value, f, name+"."+f.Name)
	}
	if len(missing) > 0 {
		a.Fault(n.Pos, "the query asks for it: write null if the API has none", "%s has no %s",
			name, strings.Join(missing, ", "))
	}
	return append(b, '}')
}

// fieldOf is the value of a selected field, by its key in the answer or by its name; nil if there is none.
func fieldOf(n *document.Node, f *schemas.Field, actual *ast.Definition) *document.Node {
	if e := n.Entry(f.Key); e != nil {
		return e.Value
	}
	if f.Key != f.Name && actual == nil {
		return nil // several fields have this name, and the type is unknown
	}
	if e := n.Entry(f.Name); e != nil {
		return e.Value
	}
	return nil
}

// actual is the type of a node: the only possible one, or its __typename; nil if it is unknown.
func (a *answerer) actual(n *document.Node, def *ast.Definition, name string) *ast.Definition {
	if !def.IsAbstractType() {
		return def
	}
	said := n.Entry("__typename")
	if said == nil {
		return nil
	}
	var names []string
	for _, possible := range a.schema.AST().GetPossibleTypes(def) {
		if possible.Kind != ast.Object {
			continue
		}
		if possible.Name == said.Value.Text {
			return possible
		}
		names = append(names, possible.Name)
	}
	a.Fault(said.Value.Pos, wording.DidYouMean(said.Value.Text, names), "%s.__typename cannot be %s",
		name, document.Describe(said.Value))
	return nil
}

// is reports whether values of the type match the narrowing.
func (a *answerer) is(actual *ast.Definition, narrow string) bool {
	target := a.schema.AST().Types[narrow]
	return actual == target || slices.Contains(a.schema.AST().GetPossibleTypes(target), actual)
}

// unknownFields reports fields that the type cannot have. It allows fields that the query does not select.
func (a *answerer) unknownFields(n *document.Node, def *ast.Definition, fields []*schemas.Field, name string) {
	known := []string{"__typename"}
	for _, f := range fields {
		known = append(known, f.Name)
	}
	for _, d := range append([]*ast.Definition{def}, a.schema.AST().GetPossibleTypes(def)...) {
		for _, f := range d.Fields {
			known = append(known, f.Name)
		}
	}
	for _, e := range n.Entries {
		aliased := slices.ContainsFunc(fields, func(f *schemas.Field) bool { return f.Key == e.Key })
		if !aliased && !slices.Contains(known, e.Key) {
			a.Fault(e.Pos, wording.DidYouMean(e.Key, known), "%s: %s has no field %s",
				name, def.Name, wording.Quote(e.Key))
		}
	}
}

// value appends the value of a selected field.
func (a *answerer) value(b []byte, n *document.Node, f *schemas.Field, name string) []byte {
	switch {
	case n.Null():
		return append(b, "null"...)
	case f.Connection:
		return a.connection(b, n, f, name)
	case f.List:
		return a.list(b, n, f, name)
	}
	return a.single(b, n, f, name)
}

// connection appends a nested connection as a single page.
func (a *answerer) connection(b []byte, n *document.Node, f *schemas.Field, name string) []byte {
	nodes := n.Entry("nodes")
	if n.Kind != document.MapNode || nodes == nil {
		a.Fault(n.Pos, "write {nodes: […]}, as the API does", "%s is a connection, not %s", name, document.Describe(n))
		return append(b, "null"...)
	}
	b = append(b, `{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":`...)
	if nodes.Value.Null() {
		b = append(b, "null"...)
	} else {
		b = a.list(b, nodes.Value, f, name+".nodes")
	}
	return append(b, '}')
}

func (a *answerer) list(b []byte, n *document.Node, f *schemas.Field, name string) []byte {
	if n.Kind != document.ListNode {
		a.Fault(n.Pos, "write a list, [] if it is empty", "%s is a list, not %s", name, document.Describe(n))
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, item := range n.Items {
		if i > 0 {
			b = append(b, ',')
		}
		if item.Null() {
			b = append(b, "null"...)
			continue
		}
		b = a.single(b, item, f, fmt.Sprintf("%s[%d]", name, i))
	}
	return append(b, ']')
}

// single appends one value that is not null.
func (a *answerer) single(b []byte, n *document.Node, f *schemas.Field, name string) []byte {
	if len(f.Fields) > 0 {
		if n.Kind != document.MapNode {
			a.Fault(n.Pos, "write a map of its fields, or null", "%s is %s of the API, not %s",
				name, f.Type, document.Describe(n))
			return append(b, "null"...)
		}
		return a.object(b, n, f.Type, f.Fields, name)
	}
	def := a.schema.AST().Types[f.Type]
	if def.Name == "JSON" {
		return appendJSON(b, plainOf(n))
	}
	if n.Kind != document.ScalarNode {
		a.Fault(n.Pos, "write one value", "%s is %s of the API, not %s", name, f.Type, document.Describe(n))
		return append(b, "null"...)
	}
	v := plainOf(n)
	textual := !slices.Contains([]string{"Int", "Float", "Boolean"}, def.Name)
	if _, isText := v.(string); !isText && textual {
		a.Fault(n.Pos, `put quotes round it: "`+wording.Shorten(n.Text, wording.LongestValue)+`"`,
			"%s is a text of the API, not %s", name, document.Describe(n))
	}
	return appendJSON(b, v)
}

// plainOf converts a node to plain values: nil, bool, int64, uint64, float64, string, []any, map[string]any. It does not
// expand ${…}.
func plainOf(n *document.Node) any {
	switch n.Kind {
	case document.MapNode:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = plainOf(e.Value)
		}
		return m
	case document.ListNode:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = plainOf(item)
		}
		return list
	}
	return document.Literal{Text: n.Text, Plain: n.Plain}.Value()
}

// appendJSON appends a plain value, with the keys of maps in order.
func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil { // infinity and NaN, which JSON lacks
		return append(b, "null"...)
	}
	return append(b, text...)
}
