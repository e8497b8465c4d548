package column

// Distinct keeps the first of equal elements in the list that is being filled. Nulls are equal to each other.
func (c *Column) Distinct() {
	e, from := c.Elements, int(c.offsets.at32(c.n))
	if e.n-from < 2 {
		return
	}
	first := e.firsts(from)
	if len(first) == e.n-from {
		return
	}
	kept := New(e.typ, e.data.mem)
	defer kept.Free()
	for _, i := range first {
		kept.Copy(e, i)
	}
	e.Truncate(from)
	for i := range kept.n {
		e.Copy(kept, i)
	}
}

// firsts are the indexes of the values that are not equal to an earlier one.
func (c *Column) firsts(from int) (first []int) {
	type value struct {
		null bool
		data string
	}
	seen := map[value]bool{}
	for i := from; i < c.n; i++ {
		v := value{c.isNull(i), string(c.bytes(i))}
		if !seen[v] {
			seen[v] = true
			first = append(first, i)
		}
	}
	return first
}
