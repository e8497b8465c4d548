package transform

// fewElements is up to where comparing each with each costs less than a map.
const fewElements = 16

// dedupe keeps the first of equal elements of the list being filled; nulls are
// equal to each other.
func (c *column) dedupe() {
	v, from := &c.values, c.begin()
	if v.n-from < 2 {
		return
	}
	keep := v.firsts(from)
	if len(keep) == v.n-from {
		return
	}
	kept := newVector(c.kind, v.null, v.data.mem)
	for _, i := range keep {
		kept.copy(v, i)
	}
	v.cut(from)
	for i := range kept.n {
		v.copy(&kept, i)
	}
	kept.free()
}

// firsts are the indexes of the elements that no earlier one equals.
func (v *vector) firsts(from int) []int {
	var keep []int
	if v.n-from <= fewElements {
	next:
		for i := from; i < v.n; i++ {
			for _, j := range keep {
				if v.equal(i, v, j) {
					continue next
				}
			}
			keep = append(keep, i)
		}
		return keep
	}
	seen, null := make(map[string]struct{}, v.n-from), false
	for i := from; i < v.n; i++ {
		if v.isNull(i) {
			if !null {
				keep = append(keep, i)
			}
			null = true
			continue
		}
		if _, ok := seen[string(v.bytes(i))]; !ok {
			seen[string(v.bytes(i))] = struct{}{}
			keep = append(keep, i)
		}
	}
	return keep
}
