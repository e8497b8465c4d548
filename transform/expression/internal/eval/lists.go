package eval

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
)

// each evaluates the predicate of a list function for elements of the list.
type each struct {
	depth     int
	predicate node // nil: the element itself
}

// at evaluates the predicate for an element.
func (e *each) at(f *frame, list []any, i int) (any, error) {
	if e.predicate == nil {
		return list[i], nil
	}
	it := &f.items[e.depth]
	it.value, it.index = list[i], i
	return e.predicate(f)
}

// holds is the truth of the predicate for an element.
func (e *each) holds(f *frame, list []any, i int) (truth, error) {
	v, err := e.at(f, list, i)
	if err != nil {
		return unknown, err
	}
	return truthOf(v)
}

// listFunction is a function with a predicate over a list.
type listFunction func(f *frame, e *each, list []any) (any, error)

// listFunctions are the functions with a predicate. A null list gives null.
var listFunctions = map[string]listFunction{
	"any":           quantified(yes, yes),
	"none":          quantified(yes, no),
	"all":           quantified(no, no),
	"one":           one,
	"count":         count,
	"filter":        filter,
	"map":           mapped,
	"find":          found(false, func(list []any, i int) any { return list[i] }),
	"findLast":      found(true, func(list []any, i int) any { return list[i] }),
	"findIndex":     found(false, func(_ []any, i int) any { return i }),
	"findLastIndex": found(true, func(_ []any, i int) any { return i }),
	"sum":           sum,
	"groupBy":       groupBy,
}

// builtin compiles a call of a function of the language.
func (c *compiler) builtin(n *ast.BuiltinNode) node {
	switch n.Name {
	case "sortBy":
		return c.sortBy(n)
	case "reduce":
		return c.reduce(n)
	}
	if function := listFunctions[n.Name]; function != nil {
		return c.listFunction(n, function)
	}
	return c.function(n)
}

// enter compiles the parts of a list function: its list, and the predicate over its elements.
func (c *compiler) enter(n *ast.BuiltinNode) (list node, e *each) {
	list, e = c.compile(n.Arguments[0]), &each{depth: c.depth}
	if len(n.Arguments) > 1 {
		c.depth++
		c.maxDepth = max(c.maxDepth, c.depth)
		e.predicate = c.compile(n.Arguments[1])
		c.depth--
	}
	return list, e
}

// listOf evaluates the list of a list function.
func listOf(f *frame, list node, name string) (elements []any, null bool, err error) {
	v, err := list(f)
	if err != nil || v == nil {
		return nil, true, err
	}
	elements, isList := v.([]any)
	if !isList {
		return nil, false, fmt.Errorf("%s wants a list, not %s", name, KindOf(v))
	}
	return elements, false, f.spend(len(elements) * elementCost)
}

func (c *compiler) listFunction(n *ast.BuiltinNode, function listFunction) node {
	list, e := c.enter(n)
	return func(f *frame) (any, error) {
		elements, null, err := listOf(f, list, n.Name)
		if err != nil || null {
			return nil, err
		}
		return function(f, e, elements)
	}
}

// pointer is #, #index or #acc.
func (c *compiler) pointer(n *ast.PointerNode) node {
	at := c.depth - 1
	if at < 0 {
		return c.fail(n, "", "# is only known in the predicate of a list function")
	}
	switch n.Name {
	case "index":
		return func(f *frame) (any, error) { return f.items[at].index, nil }
	case "acc":
		return func(f *frame) (any, error) { return f.items[at].acc, nil }
	}
	return func(f *frame) (any, error) { return f.items[at].value, nil }
}

// quantified is any, all or none: a decisive element gives the result, else a null gives null.
func quantified(decisive, result truth) listFunction {
	return func(f *frame, e *each, list []any) (any, error) {
		all := result.not()
		for i := range list {
			switch t, err := e.holds(f, list, i); {
			case err != nil:
				return nil, err
			case t == decisive:
				return result.value(), nil
			case t == unknown:
				all = unknown
			}
		}
		return all.value(), nil
	}
}

func one(f *frame, e *each, list []any) (any, error) {
	hits, nulls := 0, 0
	for i := range list {
		switch t, err := e.holds(f, list, i); {
		case err != nil:
			return nil, err
		case t == yes:
			hits++
		case t == unknown:
			nulls++
		}
	}
	if hits < 2 && nulls > 0 {
		return nil, nil
	}
	return hits == 1, nil
}

func count(f *frame, e *each, list []any) (any, error) {
	n := 0
	for i := range list {
		t, err := e.holds(f, list, i)
		if err != nil {
			return nil, err
		}
		if t == yes {
			n++
		}
	}
	return n, nil
}

func filter(f *frame, e *each, list []any) (any, error) {
	kept := []any{}
	for i := range list {
		t, err := e.holds(f, list, i)
		if err != nil {
			return nil, err
		}
		if t == yes {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

func mapped(f *frame, e *each, list []any) (any, error) {
	values := make([]any, len(list))
	for i := range list {
		var err error
		if values[i], err = e.at(f, list, i); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// found is null if there is no element for which the predicate is true.
func found(last bool, give func(list []any, i int) any) listFunction {
	return func(f *frame, e *each, list []any) (any, error) {
		for n := range list {
			i := n
			if last {
				i = len(list) - 1 - n
			}
			if t, err := e.holds(f, list, i); err != nil || t == yes {
				return give(list, i), err
			}
		}
		return nil, nil
	}
}

// sum leaves nulls out. It is null if nothing is left, as in SQL.
func sum(f *frame, e *each, list []any) (any, error) {
	var total any
	for i := range list {
		v, err := e.at(f, list, i)
		switch {
		case err != nil || v == nil:
		case total == nil:
			total, err = positiveOrDuration(v)
		default:
			total, err = add(f, total, v)
		}
		if err != nil {
			return nil, err
		}
	}
	return total, nil
}

func positiveOrDuration(v any) (any, error) {
	if d, ok := v.(time.Duration); ok {
		return d, nil
	}
	return positive(v)
}

// groupKey is a value as a key of an object. Lists and objects cannot be keys.
func groupKey(v any) (any, bool) {
	switch v := v.(type) {
	case []any, map[string]any, map[any]any:
		return nil, false
	case time.Time:
		return v.UTC(), true
	case float64:
		if n := int(v); float64(n) == v && v < 1<<53 && v > -1<<53 {
			return n, true
		}
	}
	if n, ok := integer(v); ok {
		return n, true
	}
	return v, true
}

// groupBy leaves out elements whose key is null, because an object has no such key.
func groupBy(f *frame, e *each, list []any) (any, error) {
	groups := map[any]any{}
	for i := range list {
		v, err := e.at(f, list, i)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		key, ok := groupKey(v)
		if !ok {
			return nil, fmt.Errorf("groupBy cannot use %s as a key", KindOf(v))
		}
		group, _ := groups[key].([]any)
		groups[key] = append(group, list[i])
	}
	return groups, nil
}

// reduce without a start begins with the first element. Of an empty list it is null.
func (c *compiler) reduce(n *ast.BuiltinNode) node {
	list, e := c.enter(n)
	start := constant(nil)
	if len(n.Arguments) > 2 {
		start = c.compile(n.Arguments[2])
	}
	return func(f *frame) (any, error) {
		elements, null, err := listOf(f, list, n.Name)
		if err != nil || null {
			return nil, err
		}
		total, err := start(f)
		if err != nil {
			return nil, err
		}
		first := 0
		if len(n.Arguments) == 2 && len(elements) > 0 {
			total, first = elements[0], 1
		}
		for i := first; i < len(elements); i++ {
			f.items[e.depth].acc = total
			if total, err = e.at(f, elements, i); err != nil {
				return nil, err
			}
		}
		return total, nil
	}
}

func (c *compiler) sortBy(n *ast.BuiltinNode) node {
	list, e := c.enter(n)
	order := constant("asc")
	if len(n.Arguments) > 2 {
		order = c.compile(n.Arguments[2])
	}
	return func(f *frame) (any, error) {
		elements, null, err := listOf(f, list, n.Name)
		if err != nil || null {
			return nil, err
		}
		keys, err := mapped(f, e, elements)
		if err != nil {
			return nil, err
		}
		direction, err := order(f)
		if err != nil || direction == nil {
			return nil, err
		}
		return sorted(elements, keys.([]any), direction)
	}
}

// sorted sorts a list by keys of the same length. Nulls come last in both directions, equal keys keep their order.
func sorted(list, keys []any, direction any) (any, error) {
	if direction != "asc" && direction != "desc" {
		return nil, errors.New(`the order is "asc" or "desc"`)
	}
	at := make([]int, len(list))
	for i := range at {
		at[i] = i
	}
	var fault error
	slices.SortStableFunc(at, func(i, j int) int {
		a, b := keys[i], keys[j]
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return 1
		case b == nil:
			return -1
		}
		order, err := compare(a, b)
		if err != nil {
			fault = err
		}
		if direction == "desc" {
			return -order
		}
		return order
	})
	result := make([]any, len(list))
	for i, from := range at {
		result[i] = list[from]
	}
	return result, fault
}
