package eval

import (
	"fmt"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// member reads an element of a list, a field of an object, or a column of $env.
func (c *compiler) member(n *ast.MemberNode) node {
	if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "$env" {
		if name, isConstant := n.Property.(*ast.StringNode); isConstant {
			return c.column(n, name.Value)
		}
	}
	if name, isConstant := n.Property.(*ast.StringNode); isConstant && n.Nature().IsFunc() {
		return c.fail(n, "write "+name.Value+"()", "%s is a method", name.Value)
	}
	base, property := c.compile(n.Node), c.compile(n.Property)
	return func(f *frame) (any, error) {
		of, err := base(f)
		if err != nil || of == nil {
			return nil, err
		}
		key, err := property(f)
		if err != nil || key == nil {
			return nil, err
		}
		return access(of, key)
	}
}

// access is an error if a list has no such element; an object that lacks a field gives null.
func access(of, key any) (any, error) {
	switch of := of.(type) {
	case map[string]any:
		name, _ := key.(string)
		return of[name], nil
	case map[any]any:
		if k, ok := groupKey(key); ok {
			return of[k], nil
		}
		return nil, nil
	case []any:
		return elementAt(len(of), key, func(i int) any { return of[i] })
	case string:
		runes := []rune(of)
		return elementAt(len(runes), key, func(i int) any { return string(runes[i]) })
	}
	return nil, fmt.Errorf("%s has no %s", KindOf(of), show(key))
}

// elementAt counts a negative index from the end.
func elementAt(length int, key any, at func(int) any) (any, error) {
	i, ok := integer(key)
	if !ok {
		return nil, fmt.Errorf("an index is an integer, not %s", KindOf(key))
	}
	if i < 0 {
		i += length
	}
	if i < 0 || i >= length {
		return nil, fmt.Errorf("index out of range: %v (array length is %d)", key, length)
	}
	return at(i), nil
}

// slice cuts a list or a text. Negative bounds count from the end; bounds outside are moved to the ends.
func (c *compiler) slice(n *ast.SliceNode) node {
	parts := []node{c.compile(n.Node), constant(0), constant(nil)}
	if n.From != nil {
		parts[1] = c.compile(n.From)
	}
	if n.To != nil {
		parts[2] = c.compile(n.To)
	}
	open := n.To == nil
	return func(f *frame) (any, error) {
		var v [3]any
		for i, part := range parts {
			var err error
			if v[i], err = part(f); err != nil {
				return nil, err
			}
		}
		if v[0] == nil || v[1] == nil || v[2] == nil && !open {
			return nil, nil
		}
		return cut(v[0], v[1], v[2])
	}
}

func cut(of, from, to any) (any, error) {
	length := 0
	text, isText := of.(string)
	list, isList := of.([]any)
	switch {
	case isText:
		length = utf8.RuneCountInString(text)
	case isList:
		length = len(list)
	default:
		return nil, fmt.Errorf("cannot cut %s", KindOf(of))
	}
	if to == nil {
		to = length
	}
	a, ok1 := integer(from)
	b, ok2 := integer(to)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("an index is an integer, not %s and %s", KindOf(from), KindOf(to))
	}
	a, b = bound(a, length), bound(b, length)
	a = min(a, b)
	if isText {
		return characters(text, length, a, b), nil
	}
	return list[a:b:b], nil
}

func bound(i, length int) int {
	if i < 0 {
		i += length
	}
	return max(0, min(i, length))
}

// characters are the characters a to b of a text of a length.
func characters(text string, length, a, b int) string {
	if length == len(text) { // each character is a byte
		return text[a:b]
	}
	return string([]rune(text)[a:b])
}

// method calls a method of a timestamp, a duration, a month or a day of the week.
func (c *compiler) method(n *ast.MemberNode, arguments []ast.Node) node {
	name, isName := n.Property.(*ast.StringNode)
	if !isName {
		return c.fail(n, "", "this cannot be called")
	}
	m, known := methods[name.Value]
	switch {
	case name.Value == "Local":
		return c.fail(n, sameRows, "Local depends on the machine's time zone")
	case !known:
		return c.fail(n, "", "method %s is not available", name.Value)
	}
	base, nodes := c.compile(n.Node), c.all(arguments)
	a := &args{name: name.Value, list: make([]any, len(nodes))}
	return func(f *frame) (any, error) {
		of, err := base(f)
		if err != nil || of == nil {
			return nil, err
		}
		a.frame, a.err = f, nil
		if null, err := a.evaluate(nodes); err != nil || null {
			return nil, err
		}
		v, err := m(of, a)
		if a.err != nil {
			return nil, a.err
		}
		return v, err
	}
}
