package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// query validates the text of the plan's query against the server's schema, since it also uses parts that no spec
// names: totalCount, and the arguments for paging.
func (d *comparison) query() {
	doc, err := parser.ParseQuery(&ast.Source{Input: d.plan.Query.Text()})
	if err != nil {
		return // cannot happen: a test parses it
	}
	for _, f := range validator.ValidateWithRules(d.server.AST(), doc, rules.NewDefaultRules()) {
		fault := graphql.Fault{Message: f.Message}
		for _, at := range f.Locations {
			fault.Locations = append(fault.Locations, graphql.Location(at))
		}
		pos, where := locate(d.plan, fault)
		d.add(Broken, pos, "", "%s: the server would refuse the query: %s", where, f.Message)
	}
}

// locate finds the part of the spec for the place in the query of a server's error: the first column with this path, an
// argument, or the connection. where is its name in the spec.
func locate(p *plan.Plan, f graphql.Fault) (pos document.Pos, where string) {
	e := &p.Spec.Extract
	pos, where = e.At("from"), "extract.from"
	doc, err := parser.ParseQuery(&ast.Source{Input: p.Query.Text()})
	if err != nil || len(f.Locations) == 0 {
		return pos, where
	}
	s := &querySearch{until: f.Locations[0]}
	s.look(doc.Operations[0].SelectionSet, nil, "")
	if n := len(s.found); n > 0 {
		if !strings.Contains(f.Message, s.found[n-1].Field) {
			return pos, where // of another query, such as one for further pages of a nested list
		}
		for i := range p.Spec.Tables {
			if pos, where, ok := locateColumn(p, i, s.found); ok {
				return pos, where
			}
		}
		return pos, where
	}
	if at := plan.Follow(e.ArgNodes, []any{s.argument}); s.argument != "" && at != nil {
		return at.Pos, "extract.args." + s.argument
	}
	return pos, where
}

// locateColumn finds the first column of a table, or its rows, with a path that begins with the fields.
func locateColumn(p *plan.Plan, table int, fields []schemas.Step) (pos document.Pos, where string, ok bool) {
	t := &p.Spec.Tables[table]
	same := func(a, b schemas.Step) bool { return a.Field == b.Field && a.Narrow == b.Narrow }
	try := func(n *document.Node, path *schemas.Path, err error) bool {
		if err != nil || len(path.Steps) < len(fields) || !slices.EqualFunc(path.Steps[:len(fields)], fields, same) {
			return false
		}
		pos = p.Spec.Decoder.Within(n, stepAt(n.Text, len(fields)-1))
		return true
	}
	for k := range t.Columns {
		c := &t.Columns[k]
		if c.Path == "" {
			continue
		}
		path, err := p.Schema.Resolve(p.Connection.Node, c.Path)
		if try(c.Value("path"), path, err) {
			return pos, p.Spec.Prefix(t) + wording.Join("columns", c.Name), true
		}
	}
	if t.Rows != "" {
		path, err := p.Schema.ResolveRows(p.Connection.Node, t.Rows)
		if try(t.Value("rows"), path, err) {
			return pos, p.Spec.Prefix(t) + "rows", true
		}
	}
	return pos, "", false
}

// querySearch finds the last field, or argument of the connection, that begins at or before a place in a query.
type querySearch struct {
	until    graphql.Location
	found    []schemas.Step // from the record
	argument string
}

func (s *querySearch) begins(at *ast.Position) bool {
	return at != nil && cmp.Or(cmp.Compare(at.Line, s.until.Line), cmp.Compare(at.Column, s.until.Column)) <= 0
}

// look walks a selection in the order of the text. above is nil outside of the records.
func (s *querySearch) look(set ast.SelectionSet, above []schemas.Step, narrow string) {
	for _, selection := range set {
		switch selected := selection.(type) {
		case *ast.InlineFragment:
			s.look(selected.SelectionSet, above, selected.TypeCondition)
		case *ast.Field:
			if s.begins(selected.Position) {
				s.field(selected, above, narrow)
			}
		}
	}
}

func (s *querySearch) field(f *ast.Field, above []schemas.Step, narrow string) {
	switch {
	case above == nil && f.Name == "nodes":
		s.look(f.SelectionSet, []schemas.Step{}, "")
		return
	case above == nil:
		for _, arg := range f.Arguments {
			if s.begins(arg.Position) {
				s.argument = arg.Name
			}
		}
		s.look(f.SelectionSet, nil, "")
		return
	}
	s.found = append(slices.Clone(above), schemas.Step{Field: f.Name, Narrow: narrow})
	inner := f.SelectionSet
	if nested := f.Arguments.ForName("first") != nil; nested {
		inner = nodesOf(inner)
	}
	s.look(inner, s.found, "")
}

func nodesOf(set ast.SelectionSet) ast.SelectionSet {
	for _, selection := range set {
		if nodes, ok := selection.(*ast.Field); ok && nodes.Name == "nodes" {
			return nodes.SelectionSet
		}
	}
	return nil
}

// RefusedFaults translates a server's errors about the query into faults of the spec.
func RefusedFaults(p *plan.Plan, e *graphql.Error) document.Faults {
	var faults document.Faults
	for _, f := range e.Faults {
		pos, where := locate(p, f)
		what := wording.Fit(fmt.Sprintf("%s: the API says: %s", where, f.Message))
		faults = append(faults, document.Fault{File: p.Spec.File, Pos: pos, What: what})
	}
	return faults.Tidy()
}
