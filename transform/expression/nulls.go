package expression

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/civic-etl/civic-etl/schemas"
)

// nulls tells whether a value may be null, and whether an element of it may be, if it is a list.
type nulls struct{ value, element bool }

// inference finds where nulls can come from. If it says that a value is never null, then it never is.
type inference struct {
	columns   []schemas.Column
	variables []variable
	items     []bool // for each list function around a node: an element of its list may be null
}

type variable struct {
	name string
	nulls
}

var maybe = nulls{value: true, element: true}

// strict are the builtins that give a value if no argument is null.
var strict = strings.Fields(`len ceil floor round int float abs trim trimPrefix trimSuffix upper lower split splitAfter
	replace repeat join indexOf lastIndexOf hasPrefix hasSuffix toJSON toBase64 fromBase64 duration date
	bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr take uniq concat flatten sort reverse fromPairs`)

func (in *inference) of(n ast.Node) nulls {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
		return nulls{}
	case *ast.ArrayNode:
		return nulls{element: in.any(n.Nodes...)}
	case *ast.MapNode:
		return nulls{value: slices.ContainsFunc(n.Pairs, in.nullKey), element: true}
	case *ast.UnaryNode:
		return nulls{value: in.any(n.Node)}
	case *ast.BinaryNode:
		return in.binary(n)
	case *ast.ConditionalNode:
		first, second := in.of(n.Exp1), in.of(n.Exp2)
		return nulls{first.value || second.value, first.element || second.element}
	case *ast.ChainNode:
		return in.of(n.Node)
	case *ast.IdentifierNode:
		return in.name(n.Value)
	case *ast.PredicateNode:
		return in.of(n.Node)
	case *ast.PointerNode:
		return in.pointer(n)
	case *ast.VariableDeclaratorNode:
		in.variables = append(in.variables, variable{n.Name, in.of(n.Value)})
		defer func() { in.variables = in.variables[:len(in.variables)-1] }()
		return in.of(n.Expr)
	case *ast.SequenceNode:
		return in.of(n.Nodes[len(n.Nodes)-1])
	case *ast.SliceNode:
		return in.slice(n)
	case *ast.BuiltinNode:
		return in.builtin(n)
	case *ast.CallNode:
		return in.call(n)
	}
	return maybe
}

// any reports whether one of the nodes may be null.
func (in *inference) any(nodes ...ast.Node) bool {
	return slices.ContainsFunc(nodes, func(n ast.Node) bool { return in.of(n).value })
}

func (in *inference) nullKey(pair ast.Node) bool {
	p, ok := pair.(*ast.PairNode)
	return !ok || in.any(p.Key)
}

func (in *inference) binary(n *ast.BinaryNode) nulls {
	left, right := in.of(n.Left), in.of(n.Right)
	switch n.Operator {
	case "==", "!=":
		if isNil(n.Left) || isNil(n.Right) {
			return nulls{}
		}
	case "??":
		return nulls{left.value && right.value, left.element || right.element}
	case "in":
		return nulls{value: left.value || right.value || right.element}
	}
	return nulls{value: left.value || right.value}
}

func isNil(n ast.Node) bool {
	_, is := n.(*ast.NilNode)
	return is
}

func (in *inference) name(name string) nulls {
	if name == "$env" {
		return nulls{element: true}
	}
	for _, v := range in.variables {
		if v.name == name {
			return v.nulls
		}
	}
	return in.column(name)
}

func (in *inference) column(name string) nulls {
	for _, c := range in.columns {
		if c.Name == name {
			return nulls{c.Type.Nullable || c.Type.Kind == schemas.Object, !c.Type.List || c.Type.ElementNullable}
		}
	}
	return maybe
}

func (in *inference) pointer(n *ast.PointerNode) nulls {
	if n.Name == "index" {
		return nulls{}
	}
	return nulls{value: n.Name == "acc" || len(in.items) == 0 || in.items[len(in.items)-1], element: true}
}

func (in *inference) slice(n *ast.SliceNode) nulls {
	of := in.of(n.Node)
	for _, bound := range []ast.Node{n.From, n.To} {
		of.value = of.value || bound != nil && in.any(bound)
	}
	return of
}

func (in *inference) builtin(n *ast.BuiltinNode) nulls {
	switch n.Name {
	case "any", "all", "none", "one", "count", "filter", "map", "groupBy", "sortBy":
		return in.listFunction(n)
	case "type":
		return nulls{}
	case "string":
		return nulls{value: in.any(n.Arguments...)}
	}
	if !slices.Contains(strict, n.Name) {
		return maybe
	}
	result := nulls{value: in.any(n.Arguments...)}
	switch n.Name {
	case "flatten", "fromPairs":
		result.element = true
	case "take", "uniq", "concat", "sort", "reverse":
		result.element = slices.ContainsFunc(n.Arguments, func(a ast.Node) bool { return in.of(a).element })
	}
	return result
}

func (in *inference) listFunction(n *ast.BuiltinNode) nulls {
	list := in.of(n.Arguments[0])
	predicate := nulls{value: list.element}
	if len(n.Arguments) > 1 {
		in.items = append(in.items, list.element)
		predicate = in.of(n.Arguments[1])
		in.items = in.items[:len(in.items)-1]
	}
	switch n.Name {
	case "count":
		return nulls{value: list.value}
	case "filter":
		return list
	case "sortBy":
		return nulls{list.value || in.any(n.Arguments[2:]...), list.element}
	case "map":
		return nulls{list.value, predicate.value}
	case "groupBy":
		return nulls{list.value, true}
	}
	return nulls{value: list.value || predicate.value}
}

// call knows that string passes null on, and that a method of a value gives a value.
func (in *inference) call(n *ast.CallNode) nulls {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if callee.Value == "string" {
			return nulls{value: in.any(n.Arguments...)}
		}
	case *ast.MemberNode:
		return nulls{value: in.any(callee.Node) || in.any(n.Arguments...)}
	}
	return maybe
}
