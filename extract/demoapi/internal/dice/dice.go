// Package dice draws reproducible pseudo-random numbers.
//
// It takes a seed and the identity of a record, and gives the same numbers for these on every machine. Any field of any
// record can therefore be computed alone, in any order. It never uses the clock or global state.
package dice

import "slices"

// Dice is a stream of numbers. It is not safe for concurrent use.
type Dice uint64

// New starts the stream of one purpose (salt) of one record of a kind.
func New(seed, kind uint64, id int, salt uint64) *Dice {
	x := Dice(seed ^ kind<<56 ^ uint64(id)*0x9e3779b97f4a7c15 ^ salt*0xd1342543de82ef95)
	x.Next()
	return &x
}

// Next returns the next 64 bits, a step of splitmix64.
func (x *Dice) Next() uint64 {
	*x += 0x9e3779b97f4a7c15
	z := uint64(*x)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// N draws from 0 to limit-1. It returns 0 if the limit is not positive.
func (x *Dice) N(limit int) int {
	if limit <= 0 {
		return 0
	}
	return int(x.Next() % uint64(limit))
}

// Chance is true in the given percentage of draws.
func (x *Dice) Chance(percent int) bool { return x.N(100) < percent }

// Weighted draws an index of weights, with these as odds.
func (x *Dice) Weighted(weights ...int) uint8 {
	total := 0
	for _, w := range weights {
		total += w
	}
	left := x.N(total)
	for i, w := range weights {
		if left < w {
			return uint8(i)
		}
		left -= w
	}
	return 0
}

// Some draws count different elements of a list, in the order drawn.
func Some[T comparable](x *Dice, count int, list []T) []T {
	if count == 0 || len(list) == 0 {
		return nil
	}
	out := make([]T, 0, count)
	for range 4 * count {
		if v := Of(x, list); !slices.Contains(out, v) {
			out = append(out, v)
		}
		if len(out) == count {
			break
		}
	}
	return out
}

// Of draws one element of a list.
func Of[T any](x *Dice, list []T) T { return list[x.N(len(list))] }
