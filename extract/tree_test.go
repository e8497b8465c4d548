package extract

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// object is a value with fields; its type is under __typename.
type object map[string]any

// conn is a connection to nodes.
type conn []object

// tree answers GraphQL over values in memory, paging as CIViC does: offset
// cursors, pages clamped without a word. Root connections take ids; a root
// field of type single takes id.
type tree struct {
	root   map[string]conn
	single map[string]string // root field → connection
	most   int               // of a page

	mu    sync.Mutex
	asked []string // documents
	hook  func(t *tree, document string)
}

func (t *tree) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	doc, perr := parser.ParseQuery(&ast.Source{Input: req.Query})
	if perr != nil {
		answerWith(w, map[string]any{"errors": []any{map[string]any{"message": perr.Error()}}})
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, req.Query)
	if t.hook != nil {
		t.hook(t, req.Query)
	}
	root := object{}
	for name, nodes := range t.root {
		root[name] = nodes
	}
	run := &execution{tree: t, variables: req.Variables}
	answerWith(w, map[string]any{"data": run.selection(root, doc.Operations[0].SelectionSet)})
}

func answerWith(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body)
}

func (t *tree) requests() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.asked)
}

type execution struct {
	tree      *tree
	variables map[string]any
}

func (x *execution) selection(o object, set ast.SelectionSet) map[string]any {
	out := map[string]any{}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			if s.TypeCondition == o["__typename"] {
				for k, v := range x.selection(o, s.SelectionSet) {
					out[k] = v
				}
			}
		case *ast.Field:
			out[s.Alias] = x.field(o, s)
		}
	}
	return out
}

func (x *execution) field(o object, f *ast.Field) any {
	if list := x.tree.single[f.Name]; list != "" {
		id := x.arg(f, "id")
		for _, node := range x.tree.root[list] {
			if fmt.Sprint(node["id"]) == fmt.Sprint(id) {
				return x.selection(node, f.SelectionSet)
			}
		}
		return nil
	}
	v, ok := o[f.Name]
	if !ok {
		panic("the tree has no " + f.Name)
	}
	return x.value(v, f)
}

func (x *execution) value(v any, f *ast.Field) any {
	switch v := v.(type) {
	case conn:
		return x.connection(v, f)
	case object:
		return x.selection(v, f.SelectionSet)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = x.value(e, f)
		}
		return out
	}
	return v
}

func (x *execution) connection(nodes conn, f *ast.Field) any {
	if ids, ok := x.arg(f, "ids").([]any); ok {
		wanted := map[string]bool{}
		for _, id := range ids {
			wanted[fmt.Sprint(id)] = true
		}
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(o object) bool { return !wanted[fmt.Sprint(o["id"])] })
	}
	from := 0
	if after, ok := x.arg(f, "after").(string); ok {
		text, _ := base64.RawURLEncoding.DecodeString(after)
		from, _ = strconv.Atoi(string(text))
	}
	size := x.tree.most
	if first, err := strconv.Atoi(fmt.Sprint(x.arg(f, "first"))); err == nil {
		size = min(size, first)
	}
	from = min(from, len(nodes))
	to := min(from+size, len(nodes))
	list := make([]any, 0)
	for _, o := range nodes[from:to] {
		list = append(list, o)
	}
	var end any
	if to > from {
		end = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	page := object{"hasNextPage": to < len(nodes), "endCursor": end}
	return x.selection(object{"totalCount": len(nodes), "pageInfo": page, "nodes": list}, f.SelectionSet)
}

func (x *execution) arg(f *ast.Field, name string) any {
	a := f.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	v, err := a.Value.Value(x.variables)
	if err != nil {
		panic(err)
	}
	return v
}

// document runs a query's text.
func (x *execution) document(t *testing.T, text string) map[string]any {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	root := object{}
	for name, list := range x.tree.root {
		root[name] = list
	}
	return x.selection(root, doc.Operations[0].SelectionSet)
}
