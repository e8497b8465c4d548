package eval

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// equal compares values that are not null. In lists and objects, null equals null.
func equal(a, b any) bool {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case time.Duration:
		y, ok := b.(time.Duration)
		return ok && x == y
	case []any:
		y, ok := b.([]any)
		return ok && equalLists(x, y)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && equalObjects(x, y)
	case map[any]any:
		y, ok := b.(map[any]any)
		return ok && equalObjects(x, y)
	}
	order, ok := compareNumbers(a, b)
	return ok && order == 0
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalObjects[K comparable](a, b map[K]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if other, ok := b[key]; !ok || !same(value, other) {
			return false
		}
	}
	return true
}

// same is equal, but null is the same as null.
func same(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return equal(a, b)
}

// compareNumbers compares an integer with a fraction as fractions, as SQL does.
func compareNumbers(a, b any) (order int, ok bool) {
	x, isInt := integer(a)
	y, bothInt := integer(b)
	if isInt && bothInt {
		return cmp.Compare(x, y), true
	}
	f, ok1 := number(a)
	g, ok2 := number(b)
	return cmp.Compare(f, g), ok1 && ok2
}

// compare orders two numbers, texts (by code points), moments or durations.
func compare(a, b any) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), nil
		}
	}
	if order, ok := compareNumbers(a, b); ok {
		return order, nil
	}
	return 0, fmt.Errorf("cannot compare %s with %s", KindOf(a), KindOf(b))
}

func ordering(operator string) func(f *frame, a, b any) (any, error) {
	less, same, more := operator[0] == '<', len(operator) == 2, operator[0] == '>'
	return func(_ *frame, a, b any) (any, error) {
		order, err := compare(a, b)
		return order < 0 && less || order == 0 && same || order > 0 && more, err
	}
}

// in is true if an element equals, else null if the value or an element is null. Nothing is in an empty list.
func (c *compiler) in(n *ast.BinaryNode) node {
	if r, isRange := n.Right.(*ast.BinaryNode); isRange && r.Operator == ".." {
		return c.inRange(n.Left, r)
	}
	if v, isLiteral := literal(n.Right); isLiteral {
		if list, isList := v.([]any); isList {
			return c.inLiteral(n.Left, list)
		}
	}
	left, right := c.compile(n.Left), c.compile(n.Right)
	return func(f *frame) (any, error) {
		a, err := left(f)
		if err != nil {
			return nil, err
		}
		b, err := right(f)
		if err != nil || b == nil {
			return nil, err
		}
		return contains(b, a)
	}
}

func contains(in, v any) (any, error) {
	switch in := in.(type) {
	case []any:
		return listContains(in, v).value(), nil
	case map[string]any:
		key, isText := v.(string)
		if v == nil {
			return nil, nil
		}
		_, ok := in[key]
		return isText && ok, nil
	case map[any]any:
		if v == nil {
			return nil, nil
		}
		key, isKey := groupKey(v)
		_, ok := in[key]
		return isKey && ok, nil
	}
	return nil, fmt.Errorf("in wants a list, not %s", KindOf(in))
}

func listContains(list []any, v any) truth {
	if len(list) == 0 {
		return no
	}
	if v == nil {
		return unknown
	}
	found := no
	text, isText := v.(string)
	for _, element := range list {
		if s, bothText := element.(string); bothText && isText {
			if s == text {
				return yes
			}
			continue
		}
		if element == nil {
			found = unknown
		} else if equal(element, v) {
			return yes
		}
	}
	return found
}

// inLiteral looks up texts and integers in a set, since lists in filters can be long.
func (c *compiler) inLiteral(n ast.Node, list []any) node {
	operand := c.compile(n)
	set := map[any]bool{}
	for _, element := range list {
		switch element.(type) {
		case string, int:
			set[element] = true
		}
	}
	long := len(set) == len(list) && len(list) > 8
	return func(f *frame) (any, error) {
		v, err := operand(f)
		if err != nil {
			return nil, err
		}
		if _, isText := v.(string); isText && long {
			return set[v], nil
		}
		if _, isInt := v.(int); isInt && long {
			return set[v], nil
		}
		return listContains(list, v).value(), nil
	}
}

func (c *compiler) inRange(n ast.Node, r *ast.BinaryNode) node {
	operand, from, to := c.compile(n), c.compile(r.Left), c.compile(r.Right)
	return func(f *frame) (any, error) {
		var v [3]any
		for i, part := range [...]node{operand, from, to} {
			var err error
			if v[i], err = part(f); err != nil {
				return nil, err
			}
		}
		if v[1] == nil || v[2] == nil {
			return nil, nil
		}
		low, ok1 := integer(v[1])
		high, ok2 := integer(v[2])
		switch x, isNumber := number(v[0]); {
		case !ok1 || !ok2:
			return nil, fmt.Errorf("a range wants integers, not %s and %s", KindOf(v[1]), KindOf(v[2]))
		case low > high:
			return false, nil
		case v[0] == nil:
			return nil, nil
		case !isNumber || x != math.Trunc(x):
			return false, nil
		}
		above, _ := compareNumbers(v[0], low)
		below, _ := compareNumbers(v[0], high)
		return above >= 0 && below <= 0, nil
	}
}

// interval is the list of the integers from a to b.
func interval(f *frame, a, b any) (any, error) {
	low, ok1 := integer(a)
	high, ok2 := integer(b)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("a range wants integers, not %s and %s", KindOf(a), KindOf(b))
	}
	if low > high {
		return []any{}, nil
	}
	size := uint(high) - uint(low) // one less than the number of elements, which may not fit
	if size >= maxCost/elementCost {
		return nil, errMemory
	}
	if err := f.spend(int(size+1) * elementCost); err != nil {
		return nil, err
	}
	list := make([]any, size+1)
	for i := range list {
		list[i] = low + i
	}
	return list, nil
}
