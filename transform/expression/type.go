package expression

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/civic-etl/civic-etl/schemas"
)

// TypeOf returns the type of the column that an expression over columns makes. It is nullable unless the expression
// can never give null. The error is an *Error, also if the type is not known.
func TypeOf(src string, columns []schemas.Column) (schemas.Type, error) {
	p, err := Compile(src, columns)
	if err != nil {
		return schemas.Type{}, err
	}
	n := p.code.Node()
	nature := n.Nature()
	if kind, ok := kindOf(nature.Type); ok {
		return schemas.Type{Kind: kind, Nullable: !p.neverNull(n)}, nil
	}
	if nature.IsArray() {
		element := nature.Elem(nil)
		if kind, ok := kindOf(element.Type); ok {
			return schemas.Type{Kind: kind, List: true, Nullable: !p.neverNull(n), ElementNullable: true}, nil
		}
	}
	return schemas.Type{}, &Error{Line: 1, Column: 1, Untyped: true, What: "the type of the expression cannot be told",
		Hint: "add type: with one of " + strings.Join(schemas.KindNames(), ", ")}
}

var timeType = reflect.TypeFor[time.Time]()

var kinds = map[reflect.Kind]schemas.Kind{
	reflect.Int: schemas.Int64, reflect.Float64: schemas.Float64,
	reflect.Bool: schemas.Bool, reflect.String: schemas.String,
}

func kindOf(t reflect.Type) (k schemas.Kind, ok bool) {
	switch t {
	case nil:
		return 0, false
	case timeType:
		return schemas.Timestamp, true
	}
	k, ok = kinds[t.Kind()]
	return k, ok
}

func typeName(t reflect.Type) string {
	if k, ok := kindOf(t); ok {
		return k.String()
	}
	return t.String()
}

// total are the builtins that give a value if their arguments are values.
var total = strings.Fields(`all none any one filter map count groupBy sortBy findIndex findLastIndex
	len type ceil floor round int float trim trimPrefix trimSuffix upper lower split splitAfter replace
	repeat join indexOf lastIndexOf hasPrefix hasSuffix toJSON toBase64 fromBase64 duration date uniq
	concat flatten sort reverse bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr`)

// neverNull reports that a node never gives null. Operators and functions give null
// if an operand is null, except for those that test for it.
func (p *Program) neverNull(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.MapNode:
		return true
	case *ast.ArrayNode:
		return p.allNeverNull(n.Nodes...)
	case *ast.UnaryNode:
		return p.neverNull(n.Node)
	case *ast.PredicateNode:
		return p.neverNull(n.Node)
	case *ast.PointerNode:
		return true // a null element fails the builtin around it, and the list's type already says so
	case *ast.ConstantNode:
		return n.Value != nil
	case *ast.IdentifierNode:
		i := slices.IndexFunc(p.columns, func(c schemas.Column) bool { return c.Name == n.Value })
		return i >= 0 && !p.columns[i].Type.Nullable && !p.columns[i].Type.ElementNullable
	case *ast.BinaryNode:
		return p.binaryNeverNull(n)
	case *ast.ConditionalNode:
		return p.allNeverNull(n.Cond, n.Exp1, n.Exp2)
	case *ast.BuiltinNode:
		return slices.Contains(total, n.Name) && p.allNeverNull(n.Arguments...)
	case *ast.CallNode:
		return p.callNeverNull(n)
	}
	return false
}

func (p *Program) allNeverNull(nodes ...ast.Node) bool {
	return !slices.ContainsFunc(nodes, func(n ast.Node) bool { return !p.neverNull(n) })
}

func (p *Program) binaryNeverNull(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "==", "!=":
		return p.comparable(n.Left) && p.comparable(n.Right)
	case "??":
		return p.neverNull(n.Left) || p.neverNull(n.Right)
	}
	return p.allNeverNull(n.Left, n.Right)
}

// comparable reports that a comparison with the node is true or false even if the node is null.
func (p *Program) comparable(n ast.Node) bool {
	switch n.(type) {
	case *ast.IdentifierNode, *ast.NilNode:
		return true
	}
	return p.neverNull(n)
}

// callNeverNull knows two calls: string passes null on, and a method of a time gives a value.
func (p *Program) callNeverNull(n *ast.CallNode) bool {
	if name, ok := n.Callee.(*ast.IdentifierNode); ok && name.Value == "string" && len(n.Arguments) == 1 {
		return p.neverNull(n.Arguments[0])
	}
	member, ok := n.Callee.(*ast.MemberNode)
	nature := n.Nature()
	_, value := kindOf(nature.Type)
	return ok && member.Method && !member.Optional && value && p.neverNull(member.Node)
}
