package expression

import (
	"errors"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// errNull means that an operand is null, or a list with a null.
var errNull = errors.New("an operand is null")

// require is a function that returns its argument, or errNull. No expression can spell its name.
const require = "require value"

// guard makes an expression fail with errNull at the first null operand. Compile uses it for a second program, which
// runs only to explain an error: the library has no type for the errors of operations on nulls.
var guard = []expr.Option{expr.Patch(guardVisitor{}), func(c *conf.Config) {
	c.Functions[require] = &builtin.Function{
		Name:     require,
		Validate: func(args []reflect.Type) (reflect.Type, error) { return args[0], nil },
		Func: func(args ...any) (any, error) {
			if list, _ := args[0].([]any); args[0] == nil || args[1] == true && slices.Contains(list, nil) {
				return nil, errNull
			}
			return args[0], nil
		},
	}
}}

// guardVisitor wraps operands in calls of require.
type guardVisitor struct{}

// Visit implements ast.Visitor.
func (guardVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		wrap(false, &n.Node)
	case *ast.BinaryNode:
		_, left := n.Left.(*ast.NilNode)
		_, right := n.Right.(*ast.NilNode)
		if n.Operator != "??" && !left && !right {
			wrap(false, &n.Left, &n.Right)
		}
	case *ast.ConditionalNode:
		wrap(false, &n.Cond)
	case *ast.MemberNode:
		wrap(false, &n.Node, &n.Property)
	case *ast.SliceNode:
		wrap(false, &n.Node, &n.From, &n.To)
	case *ast.CallNode:
		if _, method := n.Callee.(*ast.MemberNode); method {
			for i := range n.Arguments {
				wrap(false, &n.Arguments[i])
			}
		}
	case *ast.BuiltinNode:
		takesNull := n.Name == "map" || n.Name == "groupBy" || n.Name == "reduce"
		for i := range n.Arguments {
			if predicate, ok := n.Arguments[i].(*ast.PredicateNode); !ok {
				wrap(true, &n.Arguments[i])
			} else if !takesNull {
				wrap(false, &predicate.Node)
			}
		}
	}
}

// wrap wraps the operands that can be null. Elements refuses lists with nulls too.
func wrap(elements bool, operands ...*ast.Node) {
	for _, operand := range operands {
		switch n := (*operand).(type) {
		case nil, *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.ConstantNode:
			continue
		case *ast.IdentifierNode:
			if n.Value == "$env" {
				continue
			}
		}
		ast.Patch(operand, &ast.CallNode{
			Callee:    &ast.IdentifierNode{Value: require},
			Arguments: []ast.Node{*operand, &ast.BoolNode{Value: elements}},
		})
	}
}
