package cases

import (
	"fmt"
	"slices"
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

var lastPage = map[string]any{"hasNextPage": false, "endCursor": nil}

// page is the body of the answer. Errors in the nodes become faults.
func (a *answerer) page(nodes []*document.Node) []byte {
	a.repeats(nodes)
	records := make([]any, len(nodes))
	for i, n := range nodes {
		records[i] = a.object(n, a.plan.Connection.Node, a.plan.Query.Selection.Fields, fmt.Sprintf("nodes[%d]", i))
	}
	page := map[string]any{"totalCount": len(nodes), "pageInfo": lastPage, "nodes": records}
	return appendJSON(nil, map[string]any{"data": map[string]any{a.plan.Connection.Name: page}})
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

// object converts a node of the type, with the selected fields.
func (a *answerer) object(n *document.Node, typ string, fields []*schemas.Field, name string) any {
	def := a.schema.AST().Types[typ]
	actual := a.actual(n, def, name)
	a.unknownFields(n, def, fields, name)
	var missing []string
	object := map[string]any{}
	for _, f := range fields {
		if f.Narrow != "" && actual != nil && !a.is(actual, f.Narrow) {
			continue // of another type
		}
		value := fieldOf(n, f, actual)
		switch {
		case value != nil:
			object[f.Key] = a.value(value, f, name+"."+f.Name)
		case f.Name == "__typename" && actual != nil:
			object[f.Key] = actual.Name
		case f.Added: // a case has all nodes: nothing counts them
		case f.Narrow == "" || actual != nil:
			missing = append(missing, f.Name)
		}
	}
	if len(missing) > 0 {
		a.Fault(n.Pos, "the query asks for it: write null if the API has none", "%s has no %s",
			name, strings.Join(missing, ", "))
	}
	return object
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

func (a *answerer) value(n *document.Node, f *schemas.Field, name string) any {
	switch {
	case n.Null():
		return nil
	case f.Connection:
		return a.connection(n, f, name)
	case f.List:
		return a.list(n, f, name)
	}
	return a.single(n, f, name)
}

// connection converts a nested connection, as a single page.
func (a *answerer) connection(n *document.Node, f *schemas.Field, name string) any {
	nodes := n.Entry("nodes")
	if n.Kind != document.MapNode || nodes == nil {
		a.Fault(n.Pos, "write {nodes: […]}, as the API does", "%s is a connection, not %s", name, document.Describe(n))
		return nil
	}
	var list any
	if !nodes.Value.Null() {
		list = a.list(nodes.Value, f, name+".nodes")
	}
	return map[string]any{"totalCount": len(nodes.Value.Items), "pageInfo": lastPage, "nodes": list}
}

func (a *answerer) list(n *document.Node, f *schemas.Field, name string) any {
	if n.Kind != document.ListNode {
		a.Fault(n.Pos, "write a list, [] if it is empty", "%s is a list, not %s", name, document.Describe(n))
		return nil
	}
	list := make([]any, len(n.Items))
	for i, item := range n.Items {
		if !item.Null() {
			list[i] = a.single(item, f, fmt.Sprintf("%s[%d]", name, i))
		}
	}
	return list
}

func (a *answerer) single(n *document.Node, f *schemas.Field, name string) any {
	if len(f.Fields) > 0 {
		if n.Kind != document.MapNode {
			a.Fault(n.Pos, "write a map of its fields, or null", "%s is %s of the API, not %s",
				name, f.Type, document.Describe(n))
			return nil
		}
		return a.object(n, f.Type, f.Fields, name)
	}
	v := plainOf(n)
	_, isText := v.(string)
	switch {
	case f.Type == "JSON":
	case n.Kind != document.ScalarNode:
		a.Fault(n.Pos, "write one value", "%s is %s of the API, not %s", name, f.Type, document.Describe(n))
	case !isText && !slices.Contains([]string{"Int", "Float", "Boolean"}, f.Type):
		a.Fault(n.Pos, `put quotes round it: "`+wording.Shorten(n.Text, wording.LongestValue)+`"`,
			"%s is a text of the API, not %s", name, document.Describe(n))
	}
	return v
}

// plainOf converts a node to plain values: nil, bool, int64, uint64, float64, string, []any, map[string]any. It does
// not expand ${…}.
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
