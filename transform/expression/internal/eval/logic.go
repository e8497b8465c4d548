package eval

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

// truth is a value of three-valued logic.
type truth uint8

const (
	no truth = iota
	yes
	unknown // null
)

func truthOf(v any) (truth, error) {
	switch v := v.(type) {
	case nil:
		return unknown, nil
	case bool:
		return isTrue(v), nil
	}
	return unknown, fmt.Errorf("want true or false, found %s", KindOf(v))
}

func isTrue(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) value() any {
	switch t {
	case no:
		return false
	case yes:
		return true
	}
	return nil
}

func (t truth) not() truth {
	switch t {
	case no:
		return yes
	case yes:
		return no
	}
	return unknown
}

// joined is AND if decisive is no, and OR if it is yes. The right side runs only if the left one is not decisive.
func (c *compiler) joined(n *ast.BinaryNode, decisive truth) node {
	left, right := c.compile(n.Left), c.compile(n.Right)
	return func(f *frame) (any, error) {
		v, err := left(f)
		if err != nil {
			return nil, err
		}
		l, err := truthOf(v)
		if err != nil || l == decisive {
			return v, err
		}
		if v, err = right(f); err != nil {
			return nil, err
		}
		r, err := truthOf(v)
		if err != nil || r == decisive || l != unknown {
			return v, err
		}
		return nil, nil
	}
}

// conditional takes the second branch for null, as CASE in SQL.
func (c *compiler) conditional(n *ast.ConditionalNode) node {
	cond, first, second := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	return func(f *frame) (any, error) {
		v, err := cond(f)
		if err != nil {
			return nil, err
		}
		t, err := truthOf(v)
		switch {
		case err != nil:
			return nil, err
		case t == yes:
			return first(f)
		}
		return second(f)
	}
}

func (c *compiler) coalesce(n *ast.BinaryNode) node {
	left, right := c.compile(n.Left), c.compile(n.Right)
	return func(f *frame) (any, error) {
		if v, err := left(f); err != nil || v != nil {
			return v, err
		}
		return right(f)
	}
}

// equality is == or !=. With a literal nil it tests for null, else null gives null.
func (c *compiler) equality(n *ast.BinaryNode, want bool) node {
	_, left := n.Left.(*ast.NilNode)
	_, right := n.Right.(*ast.NilNode)
	switch {
	case left:
		return c.isNull(n.Right, want)
	case right:
		return c.isNull(n.Left, want)
	}
	return c.strict(n, func(_ *frame, a, b any) (any, error) { return equal(a, b) == want, nil })
}

func (c *compiler) isNull(n ast.Node, want bool) node {
	operand := c.compile(n)
	return func(f *frame) (any, error) {
		v, err := operand(f)
		return (v == nil) == want, err
	}
}

// strict evaluates an operator that gives null for null.
func (c *compiler) strict(n *ast.BinaryNode, operator func(f *frame, a, b any) (any, error)) node {
	left, right := c.compile(n.Left), c.compile(n.Right)
	return func(f *frame) (any, error) {
		a, err := left(f)
		if err != nil {
			return nil, err
		}
		b, err := right(f)
		if err != nil || a == nil || b == nil {
			return nil, err
		}
		return operator(f, a, b)
	}
}

func (c *compiler) unary(n *ast.UnaryNode) node {
	operand := c.compile(n.Node)
	operator := negate
	switch n.Operator {
	case "not", "!":
		operator = invert
	case "+":
		operator = positive
	}
	return func(f *frame) (any, error) {
		v, err := operand(f)
		if err != nil || v == nil {
			return nil, err
		}
		return operator(v)
	}
}

func invert(v any) (any, error) {
	t, err := truthOf(v)
	return t.not().value(), err
}

func (c *compiler) binary(n *ast.BinaryNode) node {
	switch n.Operator {
	case "and", "&&":
		return c.joined(n, no)
	case "or", "||":
		return c.joined(n, yes)
	case "??":
		return c.coalesce(n)
	case "==", "!=":
		return c.equality(n, n.Operator == "==")
	case "in":
		return c.in(n)
	case "<", "<=", ">", ">=":
		return c.strict(n, ordering(n.Operator))
	case "matches":
		return c.matches(n)
	case "contains", "startsWith", "endsWith":
		return c.strict(n, textTest(n.Operator))
	case "..":
		return c.strict(n, interval)
	}
	operator := arithmetic[n.Operator]
	if operator == nil {
		return c.fail(n, "", "unknown operator %s", n.Operator)
	}
	return c.strict(n, operator)
}
