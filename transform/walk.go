package transform

import "github.com/civic-etl/civic-etl/schemas/jsonscan"

// walker reads records along the tree of response keys. Its methods take the index
// of a value and return the index after it, or jsonscan.Failed. A value that does not
// fit rejects the record; the rest of the record is still read, just as strictly.
type walker struct {
	scan    jsonscan.Scanner
	record  record
	objects uint64 // objects read so far
}

// value reads the value of a key.
func (w *walker) value(n *node, i, depth int) int {
	switch {
	case n.list:
		return w.array(n, i, depth)
	case n.children == nil:
		return w.scalar(n, i, depth)
	}
	return w.element(n, i, depth)
}

// element reads an object with keys of the tree, or null.
func (w *walker) element(n *node, i, depth int) int {
	if i < len(w.scan.Data) {
		switch w.scan.Data[i] {
		case '{':
			return w.object(n, i, depth)
		case 'n':
			if i = w.scan.Literal(i, "null"); i > 0 {
				n.takeNull(&w.record)
			}
			return i
		}
	}
	return w.wrong(n, i, depth, "an object")
}

// scalar reads a value for the leaves of n.
func (w *walker) scalar(n *node, i, depth int) int {
	var t jsonscan.Token
	end := w.scan.Token(&t, i, depth)
	if end < 0 {
		return jsonscan.Failed
	}
	if t.Kind == jsonscan.Null {
		n.takeNull(&w.record)
		return end
	}
	for _, l := range n.leaves {
		l.take(&w.record, &t)
	}
	return end
}

func (w *walker) array(n *node, i, depth int) int {
	i, isList := w.elements(n, i, depth)
	if isList {
		for _, l := range n.inner {
			l.endInner(&w.record)
		}
	}
	return i
}

// elements reads a list, and reports whether it was one.
func (w *walker) elements(n *node, i, depth int) (end int, isList bool) {
	n.index = -1
	if i >= len(w.scan.Data) || w.scan.Data[i] != '[' {
		if i < len(w.scan.Data) && w.scan.Data[i] == 'n' {
			n.noInner(&w.record)
			return w.scan.Literal(i, "null"), false
		}
		return w.wrong(n, i, depth, "a list"), false
	}
	for _, l := range n.starts {
		l.present = true
	}
	if i = w.scan.Space(i + 1); i < len(w.scan.Data) && w.scan.Data[i] == ']' {
		return i + 1, true
	}
	for more := true; more; {
		n.index++
		if n.children == nil {
			i = w.scalar(n, i, depth+1)
		} else {
			i = w.element(n, i, depth+1)
		}
		if i < 0 {
			return jsonscan.Failed, false
		}
		for _, c := range n.contexts {
			c.table.end(&w.record, c.level)
		}
		if i, more = w.scan.Next(i, ']'); i < 0 {
			return jsonscan.Failed, false
		}
	}
	n.index = -1
	return i, true
}

// object reads the members of the object at i. It first expects the key that came next in the object before. Keys of
// the tree keep the number of the object they were last seen in, which shows repeated and missing keys without a set.
func (w *walker) object(n *node, i, depth int) int {
	w.objects++
	stamp, found, body := w.objects, 0, w.scan.Data
	if i = w.scan.Space(i + 1); i < len(body) && body[i] == '}' {
		return n.missing(&w.record, stamp, found, i+1)
	}
	others := w.scan.Keys.Open()
	expected, before := n.first, (*node)(nil)
	for more := true; more; {
		at, c := i, expected
		if c != nil && len(body)-i > len(c.key) && string(body[i:i+len(c.key)]) == c.key {
			i += len(c.key)
		} else if c, i = w.lookUp(n, before, &others, i); i < 0 {
			return jsonscan.Failed
		}
		switch i = w.scan.Space(i); {
		case c == nil:
			i = w.scan.Skip(i, depth+1)
		case c.seen == stamp:
			return w.scan.Repeated(at, []byte(c.name))
		default:
			c.seen = stamp
			found++
			before, expected = c, c.after
			i = w.value(c, i, depth+1)
		}
		if i > 0 && i+1 < len(body) && body[i] == ',' && body[i+1] == '"' { // the common case of Next
			i++
		} else if i, more = w.scan.Next(i, '}'); i < 0 {
			return jsonscan.Failed
		}
	}
	w.scan.Keys.Close(others)
	return n.missing(&w.record, stamp, found, i)
}

// lookUp reads a key that was not expected. It remembers which child of n came after
// the child before; the child is nil for a key that is not in the tree.
func (w *walker) lookUp(n, before *node, others *jsonscan.OpenKeys, at int) (child *node, end int) {
	key, end := w.scan.Key(at)
	if end < 0 {
		return nil, jsonscan.Failed
	}
	child = n.byName[string(key)]
	switch {
	case child == nil:
		if !w.scan.Keys.Add(others, key) {
			return nil, w.scan.Repeated(at, key)
		}
	case before == nil:
		n.first = child
	default:
		before.after = child
	}
	return child, end
}

// wrong skips a value of the wrong kind and rejects the record.
func (w *walker) wrong(n *node, i, depth int, want string) int {
	end := w.scan.Skip(i, depth)
	if end > 0 {
		w.record.reject(n.anyLeaf(), n, "want "+want+", the value is "+jsonscan.Clip(w.scan.Data[i:end]))
	}
	return end
}
