package eval

import (
	"cmp"
	"slices"
)

// aggregates are the functions over all values of their arguments and of lists among them. They leave nulls out, and
// give null if nothing is left, as in SQL.
var aggregates = map[string]func(name string, values []any) (any, error){
	"min":    extreme(-1),
	"max":    extreme(1),
	"mean":   mean,
	"median": median,
}

func aggregate(name string, nodes []node, of func(name string, values []any) (any, error)) node {
	return func(f *frame) (any, error) {
		var values []any
		for _, argument := range nodes {
			v, err := argument(f)
			if err != nil {
				return nil, err
			}
			values = appendFlat(values, []any{v})
		}
		if err := f.spend(elementCost * len(values)); err != nil {
			return nil, err
		}
		values = slices.DeleteFunc(values, func(v any) bool { return v == nil })
		if len(values) == 0 {
			return nil, nil
		}
		return of(name, values)
	}
}

func extreme(sign int) func(string, []any) (any, error) {
	return func(_ string, values []any) (any, error) {
		best := values[0]
		for _, v := range values[1:] {
			order, err := compare(v, best)
			if err != nil {
				return nil, err
			}
			if order*sign > 0 {
				best = v
			}
		}
		return best, nil
	}
}

func fractionsOf(name string, values []any) ([]float64, error) {
	a := args{name: name, list: values}
	fractions := make([]float64, len(values))
	for i := range values {
		fractions[i] = a.number(i)
	}
	return fractions, a.err
}

func mean(name string, values []any) (any, error) {
	list, err := fractionsOf(name, values)
	if err != nil {
		return nil, err
	}
	total := 0.0
	for _, v := range list {
		total += v
	}
	return divide(nil, total, len(list))
}

func median(name string, values []any) (any, error) {
	list, err := fractionsOf(name, values)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, cmp.Compare)
	middle := len(list) / 2
	if len(list)%2 == 1 {
		return list[middle], nil
	}
	return list[middle-1]/2 + list[middle]/2 + 0, nil
}
