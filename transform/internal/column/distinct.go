package column

import "github.com/civic-etl/civic-etl/schemas"

// fewElements is up to which length of a list a linear search is faster than a map.
const fewElements = 16

// Distinct keeps the first of equal elements in the list that is being filled.
// Nulls are equal to each other.
func (c *Column) Distinct() {
	e, from := c.Elements, int(c.offsets.at32(c.n))
	first := e.firsts(from)
	if len(first) == e.n-from {
		return
	}
	kept := New(schemas.Type{Kind: c.kind}, e.data.mem)
	defer kept.Free()
	for _, i := range first {
		kept.Copy(e, i)
	}
	e.Truncate(from)
	for i := range kept.n {
		e.Copy(kept, i)
	}
}

// firsts are the indexes of the elements that are not equal to an earlier one.
func (c *Column) firsts(from int) []int {
	if c.n-from > fewElements {
		return c.manyFirsts(from)
	}
	var first []int
next:
	for i := from; i < c.n; i++ {
		for _, j := range first {
			if c.equal(i, j) {
				continue next
			}
		}
		first = append(first, i)
	}
	return first
}

func (c *Column) manyFirsts(from int) (first []int) {
	seen, null := make(map[string]struct{}, c.n-from), false
	for i := from; i < c.n; i++ {
		if c.isNull(i) {
			if !null {
				first = append(first, i)
			}
			null = true
			continue
		}
		if _, ok := seen[string(c.bytes(i))]; !ok {
			seen[string(c.bytes(i))] = struct{}{}
			first = append(first, i)
		}
	}
	return first
}
