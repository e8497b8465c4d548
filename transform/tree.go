package transform

// The functions here are the hot path: they take a position in the page and give the
// one behind what they read, or fail. A value that does not fit only marks the record;
// the rest of it is still read, as strictly as the rest of the page.

// kind is what a value of the page is, as a bit, so that a leaf can say which it takes.
type tokenKind uint8

const (
	isNull tokenKind = 1 << iota
	isString
	isNumber
	isBool
	isObject
	isArray
)

// token is one value of the page. Raw is as it stands there, text what it means: the inside of a
// string with its escapes resolved, and otherwise the same as raw.
type token struct {
	kind    tokenKind
	integer bool // a number without fraction and exponent
	raw     []byte
	text    []byte
}

// value reads what stands behind a key.
func (d *Decoder) value(n *node, i, depth int) int {
	if n.list {
		return d.array(n, d.space(i), depth)
	}
	if end := d.quickly(n, i); end > 0 {
		return end
	}
	return d.single(n, d.space(i), depth)
}

// single reads one value, or one element of a list.
func (d *Decoder) single(n *node, i, depth int) int {
	if len(n.children) == 0 {
		return d.scalar(n, i, depth)
	}
	if i < len(d.b) {
		switch d.b[i] {
		case '{':
			return d.object(n, i, depth)
		case 'n':
			if i = d.word(i, "null"); i > 0 {
				d.nulls(n)
			}
			return i
		}
	}
	return d.misfit(n, i, depth, "an object")
}

// misfit skips a value of the wrong kind and rejects the record.
func (d *Decoder) misfit(n *node, i, depth int, want string) int {
	end := d.skip(i, depth)
	if end > 0 {
		d.reject(n.anyLeaf(), n, "want "+want+", the value is "+clip(d.b[i:end]))
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
	if i >= len(d.b) || d.b[i] != '[' {
		if i < len(d.b) && d.b[i] == 'n' {
			return d.word(i, "null")
		}
		return d.misfit(n, i, depth, "a list")
	}
	for _, l := range n.opens {
		l.present = true
	}
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		n.index++
		if end := d.quickly(n, i); end > 0 {
			i = end
		} else if i = d.single(n, i, depth+1); i < 0 {
			return fail
		}
		for _, c := range n.contexts {
			c.table.close(d, c.level)
		}
		if i, more = d.next(i, ']'); i < 0 {
			return fail
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
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == '}' {
		return d.missing(n, stamp, found, i+1)
	}
	others := d.keys.open()
	guess, before := n.first, (*node)(nil)
	for more := true; more; {
		at, c := i, guess
		if c != nil && c.key.opens(d.b, i) {
			i += len(c.key.text)
		} else {
			var key []byte
			if key, i = d.key(i); i < 0 {
				return fail
			}
			if c = n.byName[string(key)]; c == nil {
				if !d.keys.add(&others, key) {
					return d.repeated(at, key)
				}
			} else if before == nil {
				n.first = c
			} else {
				before.after = c
			}
		}
		if c == nil {
			i = d.skip(i, depth+1)
		} else {
			if c.seen == stamp {
				return d.repeated(at, []byte(c.name))
			}
			c.seen = stamp
			found++
			before, guess = c, c.after
			i = d.value(c, i, depth+1)
		}
		if i < 0 {
			return fail
		}
		if i+1 < len(d.b) && d.b[i] == ',' && d.b[i+1] == '"' { // next, but for white space
			i++
		} else if i, more = d.next(i, '}'); i < 0 {
			return fail
		}
	}
	d.keys.close(others)
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
	end, t := d.token(i, depth)
	if end < 0 {
		return fail
	}
	if t.kind == isNull {
		d.nulls(n)
		return end
	}
	for _, l := range n.leaves {
		l.put(d, t)
	}
	return end
}

// token reads any value; it is good until the next call.
func (d *Decoder) token(i, depth int) (int, *token) {
	t := &d.tok
	if i >= len(d.b) {
		return d.unexpected(i, "a value"), t
	}
	end := fail
	switch c := d.b[i]; c {
	case '"':
		var escaped bool
		if end, escaped = d.str(i); end < 0 {
			return fail, t
		}
		t.kind, t.raw, t.text = isString, d.b[i:end], d.b[i+1:end-1]
		if escaped {
			d.scratch = unescape(d.scratch[:0], t.text)
			t.text = d.scratch
		}
		return end, t
	case 'n':
		t.kind, end = isNull, d.word(i, "null")
	case 't':
		t.kind, end = isBool, d.word(i, "true")
	case 'f':
		t.kind, end = isBool, d.word(i, "false")
	case '{':
		t.kind, end = isObject, d.skip(i, depth)
	case '[':
		t.kind, end = isArray, d.skip(i, depth)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.kind = isNumber
		end, t.integer = d.number(i)
	default:
		return d.unexpected(i, "a value"), t
	}
	if end > 0 {
		t.raw = d.b[i:end]
		t.text = t.raw
	}
	return end, t
}
