package eval

import (
	"errors"
	"fmt"
	"slices"
)

// edge is the first or last element of a list, null if it is empty.
func edge(list []any, at int) any {
	switch {
	case len(list) == 0:
		return nil
	case at < 0:
		return list[len(list)-1]
	}
	return list[0]
}

// get is an element or a field, null if there is none.
func get(a *args) (any, error) {
	switch of := a.list[0].(type) {
	case []any:
		i := a.integer(1)
		if i < 0 {
			i += len(of)
		}
		if i < 0 || i >= len(of) {
			return nil, nil
		}
		return of[i], nil
	case map[string]any, map[any]any:
		return access(of, a.list[1])
	}
	a.want("a list or an object", 0)
	return nil, nil
}

func take(a *args) (any, error) {
	list, n := a.items(0), a.integer(1)
	if n < 0 {
		return nil, fmt.Errorf("take: cannot take %d elements", n)
	}
	n = min(n, len(list))
	return list[:n:n], nil
}

func fromPairs(a *args) (any, error) {
	object := map[string]any{}
	for _, element := range a.items(0) {
		pair, _ := element.([]any)
		if len(pair) != 2 {
			return nil, errors.New("fromPairs wants a list of pairs of a key and a value")
		}
		key, isText := pair[0].(string)
		if !isText {
			return nil, fmt.Errorf("a key of an object is a text, not %s", KindOf(pair[0]))
		}
		object[key] = pair[1]
	}
	return object, a.frame.spend(elementCost * len(object))
}

func reverse(a *args) (any, error) {
	list := slices.Clone(a.items(0))
	slices.Reverse(list)
	return list, a.frame.spend(elementCost * len(list))
}

// uniq keeps the first of equal elements. All nulls are one element, as with DISTINCT in SQL.
func uniq(a *args) (any, error) {
	kept, seen := []any{}, map[any]bool{}
	for _, element := range a.items(0) {
		key, hashable := groupKey(element)
		switch {
		case hashable && seen[key]:
		case !hashable && slices.ContainsFunc(kept, func(k any) bool { return same(k, element) }):
		default:
			seen[key] = hashable
			kept = append(kept, element)
		}
	}
	return kept, a.frame.spend(elementCost * len(kept))
}

func concat(a *args) (any, error) {
	list := []any{}
	for i := range a.list {
		part := a.items(i)
		if err := a.frame.spend(elementCost * len(part)); err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}

func flatten(a *args) (any, error) {
	list := appendFlat([]any{}, a.items(0))
	return list, a.frame.spend(elementCost * len(list))
}

func appendFlat(flat, list []any) []any {
	for _, element := range list {
		if nested, isList := element.([]any); isList {
			flat = appendFlat(flat, nested)
		} else {
			flat = append(flat, element)
		}
	}
	return flat
}

func sortList(a *args) (any, error) {
	list := a.items(0)
	if err := a.frame.spend(elementCost * len(list)); err != nil {
		return nil, err
	}
	return sorted(list, list, a.optional(1, "asc"))
}
