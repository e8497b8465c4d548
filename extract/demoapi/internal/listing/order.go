package listing

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Ordered is a list of records with the ties of its order: neighbours of one group may come in any order.
type Ordered struct {
	Of    []record.Record
	Group []int32
}

// Sort orders records by paths, "-" before a descending one. Nulls come last, in descending order first, as in
// PostgreSQL. The order of ties is a hash of their ids and the seed.
func Sort(list []record.Record, order string, seed uint64) (Ordered, error) {
	paths := strings.Fields(order)
	keyed := make([]keyedRecord, len(list))
	for i, r := range list {
		keyed[i] = keyedRecord{rec: r, keys: make([]any, len(paths))}
		for k, p := range paths {
			var err error
			keyed[i].keys[k] = first(values(r, strings.TrimPrefix(p, "-"), &err))
			if err != nil {
				return Ordered{}, err
			}
		}
		keyed[i].tie = dice.New(seed, 0, ID(r), 13).Next()
	}
	slices.SortStableFunc(keyed, func(a, b keyedRecord) int {
		return cmp.Or(compareKeys(a.keys, b.keys, paths), cmp.Compare(a.tie, b.tie))
	})
	out := Ordered{Of: make([]record.Record, len(list)), Group: make([]int32, len(list))}
	for i, k := range keyed {
		out.Of[i] = k.rec
		if i > 0 {
			out.Group[i] = out.Group[i-1]
			if compareKeys(k.keys, keyed[i-1].keys, paths) != 0 {
				out.Group[i]++
			}
		}
	}
	return out, nil
}

type keyedRecord struct {
	rec  record.Record
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

// compareValues orders numbers by value and other values as text. Null is the largest.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return one(a == nil) - one(b == nil)
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

// ID returns the id of a record, or 0.
func ID(r record.Record) int { return Number(r.Field("id")) }

// Number returns an id as an int, or 0.
func Number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case json.Number:
		i, _ := n.Int64()
		return int(i)
	}
	return 0
}

// AsListed keeps the order of the records, without ties.
func AsListed(list []record.Record) Ordered {
	out := Ordered{Of: list, Group: make([]int32, len(list))}
	for i := range out.Group {
		out.Group[i] = int32(i)
	}
	return out
}

// Filter keeps the records that pass a test.
func (o Ordered) Filter(keep func(record.Record) (bool, error)) (Ordered, error) {
	out := Ordered{Of: make([]record.Record, 0, len(o.Of)), Group: make([]int32, 0, len(o.Of))}
	for i, r := range o.Of {
		ok, err := keep(r)
		if err != nil {
			return out, err
		}
		if ok {
			out.Of, out.Group = append(out.Of, r), append(out.Group, o.Group[i])
		}
	}
	return out, nil
}

// Shuffle reorders the members of each group. The list must not be shared.
func (o Ordered) Shuffle(x *dice.Dice) {
	for from := 0; from < len(o.Of); {
		to := from + 1
		for to < len(o.Of) && o.Group[to] == o.Group[from] {
			to++
		}
		tied := o.Of[from:to]
		for i := len(tied) - 1; i > 0; i-- {
			j := x.N(i + 1)
			tied[i], tied[j] = tied[j], tied[i]
		}
		from = to
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
