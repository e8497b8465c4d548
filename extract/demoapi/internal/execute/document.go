package execute

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Limits of a query, far above the needs of a pipeline.
const (
	maxTokens = 50_000
	maxDepth  = 40         // of nested selections; the usual introspection query needs 13
	maxPairs  = 30_000_000 // of fields with one response key, which validation may have to compare
	maxFields = 5_000_000  // values in one answer
)

// operation is a parsed and valid request with its coerced variables.
type operation struct {
	*ast.OperationDefinition
	variables map[string]any
}

// codes holds the server's error codes by validation rule.
var codes = map[string]string{
	"FieldsOnCorrectType":       "undefinedField",
	"KnownArgumentNames":        "argumentNotAccepted",
	"KnownTypeNames":            "undefinedType",
	"KnownFragmentNames":        "useAndDefineFragment",
	"ValuesOfCorrectType":       "argumentLiteralsIncompatible",
	"ScalarLeafs":               "selectionMismatch",
	"ProvidedRequiredArguments": "missingRequiredArguments",
	"NoUndefinedVariables":      "variableNotDefined",
	"NoUnusedVariables":         "variableNotUsed",
}

// readOperation parses and validates a request as the server does. If it returns faults, they are the whole answer.
func readOperation(schema *ast.Schema, r Request) (*operation, gqlerror.List) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: r.Query}, maxTokens)
	if err != nil {
		return nil, faultList(err, "parseError")
	}
	if fault := measured(doc); fault != nil {
		return nil, gqlerror.List{fault}
	}
	if faults := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(faults) > 0 {
		for _, f := range faults {
			f.Extensions = map[string]any{"code": cmp.Or(codes[f.Rule], f.Rule)}
		}
		return nil, faults
	}
	op, fault := chosen(doc, r.OperationName)
	if fault != nil {
		return nil, gqlerror.List{fault}
	}
	if op.Operation != ast.Query {
		return nil, gqlerror.List{gqlerror.Errorf("the demo API serves queries only, not a %s", op.Operation)}
	}
	variables, err := validator.VariableValues(schema, op, r.Variables)
	if err != nil {
		return nil, faultList(err, "variableRejected")
	}
	return &operation{op, variables}, nil
}

func faultList(err error, code string) gqlerror.List {
	var fault *gqlerror.Error
	if !errors.As(err, &fault) {
		fault = gqlerror.Errorf("%s", err)
	}
	fault.Extensions = map[string]any{"code": code}
	return gqlerror.List{fault}
}

func chosen(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *gqlerror.Error) {
	switch {
	case name != "":
		if op := doc.Operations.ForName(name); op != nil {
			return op, nil
		}
		return nil, gqlerror.Errorf("No operation named %q", name)
	case len(doc.Operations) == 1:
		return doc.Operations[0], nil
	case len(doc.Operations) == 0:
		return nil, gqlerror.Errorf("No query string was present")
	}
	return nil, gqlerror.Errorf("An operation name is required")
}

// measured refuses documents that are too deep, including their fragments, or repeat fields too often. It leaves cycles
// of fragments to validation.
func measured(doc *ast.QueryDocument) *gqlerror.Error {
	m := measure{doc: doc, known: map[string]int{}, keys: map[string]int{}}
	deepest := 0
	for _, op := range doc.Operations {
		deepest = max(deepest, m.depth(op.SelectionSet))
	}
	for _, f := range doc.Fragments {
		deepest = max(deepest, m.depth(f.SelectionSet))
	}
	if deepest > maxDepth {
		return gqlerror.Errorf("Query has depth of %d, which exceeds max depth of %d", deepest, maxDepth)
	}
	pairs := 0
	for _, n := range m.keys {
		pairs += n * n
	}
	if pairs > maxPairs {
		return gqlerror.Errorf("Query names the same fields too often")
	}
	return nil
}

type measure struct {
	doc   *ast.QueryDocument
	known map[string]int // depths of fragments
	keys  map[string]int // fields by response key
}

func (m *measure) depth(set ast.SelectionSet) int {
	deepest := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			m.keys[s.Alias]++ // the name, where there is no alias
			deepest = max(deepest, 1+m.depth(s.SelectionSet))
		case *ast.InlineFragment:
			deepest = max(deepest, m.depth(s.SelectionSet))
		case *ast.FragmentSpread:
			deepest = max(deepest, m.fragment(s.Name))
		}
	}
	return deepest
}

func (m *measure) fragment(name string) int {
	if d, ok := m.known[name]; ok {
		return d
	}
	m.known[name] = 0 // a cycle ends here; validation refuses it
	if f := m.doc.Fragments.ForName(name); f != nil {
		m.known[name] = m.depth(f.SelectionSet)
	}
	return m.known[name]
}

// notImplemented is the error of an argument or field that only the schema has.
func notImplemented(what, where string) error {
	return fatal{fmt.Errorf("the demo API does not implement %s of %s", what, where)}
}

// fatal is an error that ends the request without data.
type fatal struct{ error }
