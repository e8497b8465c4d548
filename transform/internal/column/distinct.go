package column

// fewElements is up to which length of a list a linear search is faster than a map.
const fewElements = 16

// Distinct keeps the first of equal elements in the list that is being filled.
// Nulls are equal to each other.
func (c *Column) Distinct() {
	v, from := &c.Values, int(c.ends.at32(c.rows))
	if v.n-from < 2 {
		return
	}
	first := v.firsts(from)
	if len(first) == v.n-from {
		return
	}
	kept := newVector(c.kind, v.null, v.data.mem)
	for _, i := range first {
		kept.copy(v, i)
	}
	v.truncate(from)
	for i := range kept.n {
		v.copy(&kept, i)
	}
	kept.free()
}

// firsts are the indexes of the elements that are not equal to an earlier one.
func (v *Vector) firsts(from int) []int {
	if v.n-from > fewElements {
		return v.manyFirsts(from)
	}
	var first []int
next:
	for i := from; i < v.n; i++ {
		for _, j := range first {
			if v.equal(i, j) {
				continue next
			}
		}
		first = append(first, i)
	}
	return first
}

func (v *Vector) manyFirsts(from int) (first []int) {
	seen, null := make(map[string]struct{}, v.n-from), false
	for i := from; i < v.n; i++ {
		if v.isNull(i) {
			if !null {
				first = append(first, i)
			}
			null = true
			continue
		}
		if _, ok := seen[string(v.bytes(i))]; !ok {
			seen[string(v.bytes(i))] = struct{}{}
			first = append(first, i)
		}
	}
	return first
}
