package demoapi

import "time"

// dice draws numbers that depend on nothing but what it was made from, so that
// any field of any record can be computed alone, at any time, in any order.
type dice uint64

// throw starts the dice of one purpose (salt) of one record.
func (d *data) throw(k kind, id int, salt uint64) dice {
	x := dice(d.seed ^ uint64(k)<<56 ^ uint64(id)*0x9e3779b97f4a7c15 ^ salt*0xd1342543de82ef95)
	x.next()
	return x
}

// next is a step of splitmix64.
func (x *dice) next() uint64 {
	*x += 0x9e3779b97f4a7c15
	z := uint64(*x)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n draws from 0 to limit-1; 0 if the limit is not positive.
func (x *dice) n(limit int) int {
	if limit <= 0 {
		return 0
	}
	return int(x.next() % uint64(limit))
}

// chance is true in so many of a hundred draws.
func (x *dice) chance(percent int) bool { return x.n(100) < percent }

// weighted draws a place in weights with the odds they give.
func (x *dice) weighted(weights ...int) uint8 {
	total := 0
	for _, w := range weights {
		total += w
	}
	left := x.n(total)
	for i, w := range weights {
		if left < w {
			return uint8(i)
		}
		left -= w
	}
	return 0
}

// some draws count different numbers below limit, in the order drawn.
func (x *dice) some(count, limit int) []int32 {
	if count == 0 || limit == 0 {
		return nil
	}
	out := make([]int32, 0, count)
draw:
	for range 4 * count {
		v := int32(x.n(limit))
		for _, o := range out {
			if o == v {
				continue draw
			}
		}
		if out = append(out, v); len(out) == count {
			break
		}
	}
	return out
}

// of draws one of the choices.
func (x *dice) of(choices []string) string { return choices[x.n(len(choices))] }

// ids deals ascending ids from 1 on; about one in gap is never used.
type ids struct {
	dice dice
	last int
	gap  int
}

func (s *ids) next() int {
	s.last++
	for s.gap > 0 && s.dice.n(s.gap) == 0 {
		s.last++
	}
	return s.last
}

// epoch is when the synthetic curation begins; moments count seconds from it.
var epoch = time.Date(2015, 6, 1, 0, 0, 0, 0, time.UTC)

// decade is the span of the synthetic curation, in seconds.
const decade = 10 * 365 * 24 * 3600

// moment writes seconds since the epoch as ISO8601DateTime.
func moment(seconds int) string {
	return epoch.Add(time.Duration(seconds) * time.Second).Format("2006-01-02T15:04:05Z")
}
