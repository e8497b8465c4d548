package eval

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// sameRows is why some functions are not available.
const sameRows = "the same data must give the same rows on every machine"

// compiler makes closures of a tree. It keeps the first fault.
type compiler struct {
	scope     Scope
	reads     []int
	variables []string // of let, the innermost last
	depth     int      // of list functions
	fault     *Fault

	maxVariables, maxDepth int
}

// fail keeps a fault at a node. It returns a node, so that compilation can continue.
func (c *compiler) fail(n ast.Node, hint, what string, args ...any) node {
	if c.fault == nil {
		c.fault = &Fault{At: n.Location().From, What: fmt.Sprintf(what, args...), Hint: hint}
	}
	return constant(nil)
}

func constant(v any) node {
	return func(*frame) (any, error) { return v, nil }
}

func (c *compiler) compile(n ast.Node) node {
	switch n := n.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		v, _ := literal(n)
		return constant(v)
	case *ast.StringNode:
		if !utf8.ValidString(n.Value) {
			return c.fail(n, "text is UTF-8", "the text is not UTF-8")
		}
		return constant(n.Value)
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ChainNode:
		return c.compile(n.Node)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.PredicateNode:
		return c.compile(n.Node)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.SequenceNode:
		return c.sequence(n)
	}
	return c.compound(n)
}

// compound compiles accesses, calls and literals of lists and objects.
func (c *compiler) compound(n ast.Node) node {
	switch n := n.(type) {
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.ArrayNode:
		return c.list(n)
	case *ast.MapNode:
		return c.object(n)
	case *ast.BytesNode:
		return c.fail(n, "write a text", "bytes are not available")
	}
	return c.fail(n, "", "this cannot be evaluated")
}

// literal is the value of a literal or of a list of literals.
func literal(n ast.Node) (v any, ok bool) {
	switch n := n.(type) {
	case *ast.NilNode:
		return nil, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Value, true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.StringNode:
		return n.Value, utf8.ValidString(n.Value)
	case *ast.ArrayNode:
		list := make([]any, len(n.Nodes))
		for i, element := range n.Nodes {
			if list[i], ok = literal(element); !ok {
				return nil, false
			}
		}
		return list, true
	}
	return nil, false
}

func (c *compiler) identifier(n *ast.IdentifierNode) node {
	if n.Value == "$env" {
		return c.row()
	}
	if i := slices.Index(c.variables, n.Value); i >= 0 {
		return func(f *frame) (any, error) { return f.variables[i], nil }
	}
	return c.column(n, n.Value)
}

// column reads a column. A name that no column has is null, which the checker allows only for $env?.name.
func (c *compiler) column(n ast.Node, name string) node {
	i := slices.Index(c.scope.Columns, name)
	if i < 0 {
		if _, isFunction := c.scope.Functions[name]; isFunction {
			return c.fail(n, "", "%s is a function: call it", name)
		}
		return constant(nil)
	}
	if !slices.Contains(c.reads, i) {
		c.reads = append(c.reads, i)
	}
	return func(f *frame) (any, error) { return f.columns[i], nil }
}

// row is $env, the object of all columns.
func (c *compiler) row() node {
	for i := range c.scope.Columns {
		if !slices.Contains(c.reads, i) {
			c.reads = append(c.reads, i)
		}
	}
	return func(f *frame) (any, error) {
		all := make(map[string]any, len(f.columns))
		for i, name := range c.scope.Columns {
			all[name] = f.columns[i]
		}
		return all, nil
	}
}

func (c *compiler) let(n *ast.VariableDeclaratorNode) node {
	value := c.compile(n.Value)
	i := len(c.variables)
	c.variables = append(c.variables, n.Name)
	c.maxVariables = max(c.maxVariables, len(c.variables))
	body := c.compile(n.Expr)
	c.variables = c.variables[:i]
	return func(f *frame) (any, error) {
		v, err := value(f)
		if err != nil {
			return nil, err
		}
		f.variables[i] = v
		return body(f)
	}
}

func (c *compiler) sequence(n *ast.SequenceNode) node {
	nodes := c.all(n.Nodes)
	return func(f *frame) (v any, err error) {
		for _, part := range nodes {
			if v, err = part(f); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
}

func (c *compiler) all(nodes []ast.Node) []node {
	list := make([]node, len(nodes))
	for i, n := range nodes {
		list[i] = c.compile(n)
	}
	return list
}

func (c *compiler) list(n *ast.ArrayNode) node {
	nodes := c.all(n.Nodes)
	return func(f *frame) (any, error) {
		if err := f.spend(len(nodes) * elementCost); err != nil {
			return nil, err
		}
		list := make([]any, len(nodes))
		for i, element := range nodes {
			var err error
			if list[i], err = element(f); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
}

// object gives null if a key is null.
func (c *compiler) object(n *ast.MapNode) node {
	var keys, values []node
	for _, pair := range n.Pairs {
		p, ok := pair.(*ast.PairNode)
		if !ok {
			return c.fail(pair, "", "this is not a pair of a key and a value")
		}
		keys, values = append(keys, c.compile(p.Key)), append(values, c.compile(p.Value))
	}
	return func(f *frame) (any, error) {
		if err := f.spend(len(keys) * elementCost); err != nil {
			return nil, err
		}
		object := make(map[string]any, len(keys))
		for i := range keys {
			key, err := keys[i](f)
			if err != nil || key == nil {
				return nil, err
			}
			name, isText := key.(string)
			if !isText {
				return nil, fmt.Errorf("a key of an object is a text, not %s", KindOf(key))
			}
			if object[name], err = values[i](f); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
}

// call calls a function of the scope, or a method.
func (c *compiler) call(n *ast.CallNode) node {
	if member, isMember := n.Callee.(*ast.MemberNode); isMember {
		return c.method(member, n.Arguments)
	}
	name, isName := n.Callee.(*ast.IdentifierNode)
	if !isName {
		return c.fail(n, "", "this cannot be called")
	}
	function := c.scope.Functions[name.Value]
	if of := aggregates[name.Value]; function == nil && of != nil {
		return aggregate(name.Value, c.all(n.Arguments), of)
	}
	if function == nil {
		return c.fail(n, "", "%s is not a function", name.Value)
	}
	nodes, values := c.all(n.Arguments), make([]any, len(n.Arguments))
	return func(f *frame) (any, error) {
		for i, argument := range nodes {
			var err error
			if values[i], err = argument(f); err != nil {
				return nil, err
			}
		}
		return function(values...)
	}
}
