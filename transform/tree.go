package transform

import "github.com/civic-etl/civic-etl/schemas/jsonscan"

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
		return d.array(n, d.Space(i), depth)
	}
	if end := d.quickly(n, i); end > 0 {
		return end
	}
	return d.single(n, d.Space(i), depth)
}

// single reads one value, or one element of a list.
func (d *Decoder) single(n *node, i, depth int) int {
	if len(n.children) == 0 {
		return d.scalar(n, i, depth)
	}
	if i < len(d.Src) {
		switch d.Src[i] {
		case '{':
			return d.object(n, i, depth)
		case 'n':
			if i = d.Literal(i, "null"); i > 0 {
				d.nulls(n)
			}
			return i
		}
	}
	return d.misfit(n, i, depth, "an object")
}

// misfit skips a value of the wrong kind and rejects the record.
func (d *Decoder) misfit(n *node, i, depth int, want string) int {
	end := d.Skip(i, depth)
	if end > 0 {
		d.reject(n.anyLeaf(), n, "want "+want+", the value is "+jsonscan.Clip(d.Src[i:end]))
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
	if i >= len(d.Src) || d.Src[i] != '[' {
		if i < len(d.Src) && d.Src[i] == 'n' {
			return d.Literal(i, "null")
		}
		return d.misfit(n, i, depth, "a list")
	}
	for _, l := range n.opens {
		l.present = true
	}
	if i = d.Space(i + 1); i < len(d.Src) && d.Src[i] == ']' {
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
		if i, more = d.Next(i, ']'); i < 0 {
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
	if i = d.Space(i + 1); i < len(d.Src) && d.Src[i] == '}' {
		return d.missing(n, stamp, found, i+1)
	}
	others := d.Keys.Open()
	guess, before := n.first, (*node)(nil)
	for more := true; more; {
		at, c := i, guess
		if c != nil && c.key.opens(d.Src, i) {
			i += len(c.key.text)
		} else {
			var key []byte
			if key, i = d.Key(i); i < 0 {
				return fail
			}
			if c = n.byName[string(key)]; c == nil {
				if !d.Keys.Add(&others, key) {
					return d.Repeated(at, key)
				}
			} else if before == nil {
				n.first = c
			} else {
				before.after = c
			}
		}
		if c == nil {
			i = d.Skip(i, depth+1)
		} else {
			if c.seen == stamp {
				return d.Repeated(at, []byte(c.name))
			}
			c.seen = stamp
			found++
			before, guess = c, c.after
			i = d.value(c, i, depth+1)
		}
		if i < 0 {
			return fail
		}
		if i+1 < len(d.Src) && d.Src[i] == ',' && d.Src[i+1] == '"' { // next, but for white space
			i++
		} else if i, more = d.Next(i, '}'); i < 0 {
			return fail
		}
	}
	d.Keys.Close(others)
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
	if i >= len(d.Src) {
		return d.Unexpected(i, "a value"), t
	}
	end := fail
	switch c := d.Src[i]; c {
	case '"':
		var escaped bool
		if end, escaped = d.Str(i); end < 0 {
			return fail, t
		}
		t.kind, t.raw, t.text = isString, d.Src[i:end], d.Src[i+1:end-1]
		if escaped {
			d.scratch = jsonscan.Unescape(d.scratch[:0], t.text)
			t.text = d.scratch
		}
		return end, t
	case 'n':
		t.kind, end = isNull, d.Literal(i, "null")
	case 't':
		t.kind, end = isBool, d.Literal(i, "true")
	case 'f':
		t.kind, end = isBool, d.Literal(i, "false")
	case '{':
		t.kind, end = isObject, d.Skip(i, depth)
	case '[':
		t.kind, end = isArray, d.Skip(i, depth)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.kind = isNumber
		end, t.integer = d.Number(i)
	default:
		return d.Unexpected(i, "a value"), t
	}
	if end > 0 {
		t.raw = d.Src[i:end]
		t.text = t.raw
	}
	return end, t
}
