package transform

import "github.com/civic-etl/civic-etl/schemas/jsonscan"

// The functions here are the hot path: they take a position in the page and give the
// one behind what they read, or fail. A value that does not fit only marks the record;
// the rest of it is still read, as strictly as the rest of the page.

// value reads what stands behind a key.
func (d *Decoder) value(n *node, i, depth int) int {
	if n.list {
		return d.array(n, d.scan.Space(i), depth)
	}
	return d.single(n, d.scan.Space(i), depth)
}

// single reads one value, or one element of a list.
func (d *Decoder) single(n *node, i, depth int) int {
	if len(n.children) == 0 {
		return d.scalar(n, i, depth)
	}
	if i < len(d.scan.Data) {
		switch d.scan.Data[i] {
		case '{':
			return d.object(n, i, depth)
		case 'n':
			if i = d.scan.Literal(i, "null"); i > 0 {
				d.nulls(n)
			}
			return i
		}
	}
	return d.misfit(n, i, depth, "an object")
}

// misfit skips a value of the wrong kind and rejects the record.
func (d *Decoder) misfit(n *node, i, depth int, want string) int {
	end := d.scan.Skip(i, depth)
	if end > 0 {
		d.reject(n.anyLeaf(), n, "want "+want+", the value is "+jsonscan.Clip(d.scan.Data[i:end]))
	}
	return end
}

// anyLeaf names a column that a fault at the node concerns.
func (n *node) anyLeaf() *leaf {
	for n != nil {
		if len(n.leaves) > 0 {
			return n.leaves[0]
		}
		if len(n.children) == 0 {
			return nil
		}
		n = n.children[0]
	}
	return nil
}

func (d *Decoder) nulls(n *node) {
	for _, l := range n.nulls {
		l.putNull(d)
	}
}

func (d *Decoder) array(n *node, i, depth int) int {
	n.index = -1
	if i >= len(d.scan.Data) || d.scan.Data[i] != '[' {
		if i < len(d.scan.Data) && d.scan.Data[i] == 'n' {
			return d.scan.Literal(i, "null")
		}
		return d.misfit(n, i, depth, "a list")
	}
	for _, l := range n.opens {
		l.present = true
	}
	if i = d.scan.Space(i + 1); i < len(d.scan.Data) && d.scan.Data[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		n.index++
		if i = d.single(n, i, depth+1); i < 0 {
			return jsonscan.Failed
		}
		for _, c := range n.contexts {
			c.table.close(d, c.level)
		}
		if i, more = d.scan.Next(i, ']'); i < 0 {
			return jsonscan.Failed
		}
	}
	n.index = -1
	return i
}

// object reads the members of the object at i. Each key is first compared with the one that came next the
// last time. Keys of the tree carry the number of the object they were last seen in, which shows both
// repeated and missing ones without a set.
func (d *Decoder) object(n *node, i, depth int) int {
	d.objects++
	stamp, found := d.objects, 0
	if i = d.scan.Space(i + 1); i < len(d.scan.Data) && d.scan.Data[i] == '}' {
		return d.missing(n, stamp, found, i+1)
	}
	others := d.scan.Keys.Open()
	guess, before := n.first, (*node)(nil)
	for more := true; more; {
		at, c := i, guess
		if c != nil && c.key.opens(d.scan.Data, i) {
			i += len(c.key.text)
		} else {
			var key []byte
			if key, i = d.scan.Key(i); i < 0 {
				return jsonscan.Failed
			}
			if c = n.byName[string(key)]; c == nil {
				if !d.scan.Keys.Add(&others, key) {
					return d.scan.Repeated(at, key)
				}
			} else if before == nil {
				n.first = c
			} else {
				before.after = c
			}
		}
		if c == nil {
			i = d.scan.Skip(i, depth+1)
		} else {
			if c.seen == stamp {
				return d.scan.Repeated(at, []byte(c.name))
			}
			c.seen = stamp
			found++
			before, guess = c, c.after
			i = d.value(c, i, depth+1)
		}
		if i < 0 {
			return jsonscan.Failed
		}
		if i+1 < len(d.scan.Data) && d.scan.Data[i] == ',' && d.scan.Data[i+1] == '"' { // next, but for white space
			i++
		} else if i, more = d.scan.Next(i, '}'); i < 0 {
			return jsonscan.Failed
		}
	}
	d.scan.Keys.Close(others)
	return d.missing(n, stamp, found, i)
}

// missing gives nulls to the keys of n that the object did not have, as an object of another type does not have
// those of a narrowing.
func (d *Decoder) missing(n *node, stamp uint64, found, i int) int {
	if found == len(n.children) {
		return i
	}
	for _, c := range n.children {
		if c.seen != stamp && !c.list {
			d.nulls(c)
		}
	}
	return i
}

// scalar reads a value for the leaves of n.
func (d *Decoder) scalar(n *node, i, depth int) int {
	t := &d.tok
	end := d.scan.Token(t, i, depth)
	if end < 0 {
		return jsonscan.Failed
	}
	if t.Kind == jsonscan.Null {
		d.nulls(n)
		return end
	}
	for _, l := range n.leaves {
		l.put(d, t)
	}
	return end
}
