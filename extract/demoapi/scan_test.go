package demoapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas"
)

// selectAll writes a selection of every field of a type, to a depth: below it
// only scalars. Above depth 1 an abstract type is narrowed to each of its
// types, whose fields are aliased.
func selectAll(schema *ast.Schema, def *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("{ __typename ")
	if def.IsAbstractType() && depth > 1 {
		for _, t := range schema.PossibleTypes[def.Name] {
			fmt.Fprintf(&b, "... on %s { __typename %s } ", t.Name, selectFields(schema, t, depth, t.Name+"_"))
		}
	} else {
		b.WriteString(selectFields(schema, def, depth, ""))
	}
	return b.String() + "}"
}

func selectFields(schema *ast.Schema, def *ast.Definition, depth int, prefix string) string {
	var b strings.Builder
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		inner := schema.Types[f.Type.Name()]
		switch {
		case inner.IsLeafType():
			fmt.Fprintf(&b, "%s%s: %s ", prefix, f.Name, f.Name)
		case depth > 0 && f.Arguments.ForName("first") != nil:
			fmt.Fprintf(&b, "%s%s: %s(first: 2) %s ", prefix, f.Name, f.Name, selectAll(schema, inner, depth-1))
		case depth > 0:
			fmt.Fprintf(&b, "%s%s: %s %s ", prefix, f.Name, f.Name, selectAll(schema, inner, depth-1))
		}
	}
	return b.String()
}

// TestEveryConnectionIsWhole pages through each root connection, with the
// scalar fields of its nodes, and counts.
func TestEveryConnectionIsWhole(t *testing.T) {
	s, types := plain(), schemas.Embedded().AST()
	for _, c := range schemas.Embedded().Connections() {
		t.Run(c.Name, func(t *testing.T) {
			node := types.Types[c.Node]
			alias := ""
			if node.IsAbstractType() {
				alias = "id "
			}
			seen, after, total := map[int]bool{}, "", -1
			for {
				page := get[map[string]list](t, s, fmt.Sprintf("{ c: %s(first: 1000%s) { totalCount pageCount pageInfo { hasNextPage endCursor } nodes { %s %s } } }",
					c.Name, after, alias, strings.Trim(selectAll(types, node, 0), "{}")))["c"]
				for _, n := range page.Nodes {
					if seen[n.ID] {
						t.Fatalf("id %d comes twice", n.ID)
					}
					seen[n.ID] = true
				}
				if total = page.TotalCount; !page.PageInfo.HasNextPage {
					break
				}
				if len(page.Nodes) != c.MaxPage {
					t.Fatalf("a page of %d, clamped to %d", len(page.Nodes), c.MaxPage)
				}
				after = fmt.Sprintf(", after: %q", page.PageInfo.EndCursor)
			}
			if len(seen) != total {
				t.Errorf("%d records, totalCount %d", len(seen), total)
			}
			t.Logf("%d records", total)
		})
	}
}

// TestEveryFieldAnswers asks for every field of every node type, three levels
// deep: all must be of their types, and non-null where they must be.
func TestEveryFieldAnswers(t *testing.T) {
	s, types := plain(), schemas.Embedded().AST()
	for _, c := range schemas.Embedded().Connections() {
		t.Run(c.Name, func(t *testing.T) {
			text := fmt.Sprintf("{ c: %s(first: 8) %s }", c.Name, selectAll(types, types.Types[types.Query.Fields.ForName(c.Name).Type.Name()], 3))
			get[any](t, s, text)
		})
	}
}
