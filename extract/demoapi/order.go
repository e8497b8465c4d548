package demoapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ordered is a list of records in some order, with the ties that the order
// leaves open: neighbours of one group may come in any order.
type ordered struct {
	of    []record
	group []int32
}

// sorted puts records in an order given as paths, "-" before a descending one.
// Nulls come last, in descending order first, as in PostgreSQL. Ties are left
// in an order that is neither that of the ids nor the one given: by a hash.
func (d *data) sorted(list []record, order string) (ordered, error) {
	paths := strings.Fields(order)
	keyed := make([]keyedRecord, len(list))
	for i, r := range list {
		keyed[i] = keyedRecord{rec: r, keys: make([]any, len(paths))}
		for k, p := range paths {
			err := walk(d, r, strings.TrimPrefix(p, "-"), func(v any) bool { keyed[i].keys[k] = v; return false })
			if err != nil {
				return ordered{}, err
			}
		}
		x := d.throw(noKind, number(r.get(d, "id")), 13)
		keyed[i].tie = x.next()
	}
	slices.SortStableFunc(keyed, func(a, b keyedRecord) int {
		return cmp.Or(compareKeys(a.keys, b.keys, paths), cmp.Compare(a.tie, b.tie))
	})
	out := ordered{of: make([]record, len(list)), group: make([]int32, len(list))}
	for i, k := range keyed {
		out.of[i] = k.rec
		if i > 0 {
			out.group[i] = out.group[i-1]
			if compareKeys(k.keys, keyed[i-1].keys, paths) != 0 {
				out.group[i]++
			}
		}
	}
	return out, nil
}

type keyedRecord struct {
	rec  record
	keys []any
	tie  uint64
}

func compareKeys(a, b []any, paths []string) int {
	for i, p := range paths {
		if c := compareValues(a[i], b[i]); c != 0 {
			if p[0] == '-' {
				return -c
			}
			return c
		}
	}
	return 0
}

// compareValues orders numbers as numbers and all else as text; null is above
// everything.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return boolean(a == nil) - boolean(b == nil)
	}
	x, isX := quantity(a)
	y, isY := quantity(b)
	if isX && isY {
		return cmp.Compare(x, y)
	}
	return strings.Compare(text(a), text(b))
}

func quantity(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

// number is an id as an int; 0 where there is none.
func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case json.Number:
		i, _ := n.Int64()
		return int(i)
	}
	return 0
}

// asListed leaves records as they are, without ties.
func asListed(list []record) ordered {
	out := ordered{of: list, group: make([]int32, len(list))}
	for i := range out.group {
		out.group[i] = int32(i)
	}
	return out
}

// filter keeps the records that a test is true for.
func (o ordered) filter(keep func(record) (bool, error)) (ordered, error) {
	out := ordered{of: make([]record, 0, len(o.of)), group: make([]int32, 0, len(o.of))}
	for i, r := range o.of {
		ok, err := keep(r)
		if err != nil {
			return out, err
		}
		if ok {
			out.of, out.group = append(out.of, r), append(out.group, o.group[i])
		}
	}
	return out, nil
}

// shuffle puts the members of each group in an order of the request's own. The
// list must not be shared.
func (o ordered) shuffle(x dice) {
	for from := 0; from < len(o.of); {
		to := from + 1
		for to < len(o.of) && o.group[to] == o.group[from] {
			to++
		}
		tied := o.of[from:to]
		for i := len(tied) - 1; i > 0; i-- {
			j := x.n(i + 1)
			tied[i], tied[j] = tied[j], tied[i]
		}
		from = to
	}
}

// sortOrder reads a sortBy argument.
func (l listing) sortOrder(name string, v any) (string, error) {
	by, _ := v.(map[string]any)
	column := fmt.Sprint(by["column"])
	path, ok := l.sorts[column]
	if !ok {
		return "", notImplemented("sortBy column "+column, name)
	}
	if by["direction"] == "DESC" {
		return "-" + path, nil
	}
	return path, nil
}
