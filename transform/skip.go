package transform

// skip reads any value that begins at i, with white space allowed before
// it, and drops it. It is as strict about what it drops as about what is kept.
func (s *scanner) skip(i, depth int) int {
	i = s.space(i)
	if i >= len(s.b) {
		return s.unexpected(i, "a value")
	}
	switch c := s.b[i]; {
	case c == '"':
		i, _ = s.str(i)
		return i
	case c == '{':
		return s.skipObject(i, depth)
	case c == '[':
		return s.skipArray(i, depth)
	case c == '-' || c >= '0' && c <= '9':
		i, _ = s.number(i)
		return i
	case c == 't':
		return s.word(i, "true")
	case c == 'f':
		return s.word(i, "false")
	case c == 'n':
		return s.word(i, "null")
	}
	return s.unexpected(i, "a value")
}

func (s *scanner) skipArray(i, depth int) int {
	if depth >= maxDepth {
		return s.stop(i, "nests too deep")
	}
	if i = s.space(i + 1); i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		if i = s.skip(i, depth+1); i < 0 {
			return fail
		}
		var more bool
		if i, more = s.next(i, ']'); i < 0 || !more {
			return i
		}
	}
}

func (s *scanner) skipObject(i, depth int) int {
	if depth >= maxDepth {
		return s.stop(i, "nests too deep")
	}
	if i = s.space(i + 1); i < len(s.b) && s.b[i] == '}' {
		return i + 1
	}
	seen := s.keys.open()
	for {
		var key []byte
		at := i
		if key, i = s.key(i); i < 0 {
			return fail
		}
		if !s.keys.add(&seen, key) {
			return s.repeated(at, key)
		}
		if i = s.skip(i, depth+1); i < 0 {
			return fail
		}
		var more bool
		if i, more = s.next(i, '}'); i < 0 || !more {
			s.keys.close(seen)
			return i
		}
	}
}

func (s *scanner) repeated(at int, key []byte) int {
	return s.stop(at, `repeats the key "`+clip(key)+`" in one object`)
}

// next reads what stands between elements: a comma, after which another must follow, or
// the closing bracket.
func (s *scanner) next(i int, closing byte) (end int, more bool) {
	i = s.space(i)
	if i < len(s.b) {
		switch s.b[i] {
		case ',':
			return s.space(i + 1), true
		case closing:
			return i + 1, false
		}
	}
	return s.unexpected(i, "',' or '"+string([]byte{closing})+"'"), false
}

// key reads a key and its colon; i is at the opening quote. The key is unescaped
// and may alias the input; the index returned is where the value's white space begins.
func (s *scanner) key(i int) ([]byte, int) {
	if i >= len(s.b) || s.b[i] != '"' {
		return nil, s.unexpected(i, "a key")
	}
	end, escaped := s.str(i)
	if end < 0 {
		return nil, fail
	}
	key := s.b[i+1 : end-1]
	if escaped {
		key = unescape(nil, key)
	}
	if end = s.space(end); end >= len(s.b) || s.b[end] != ':' {
		return nil, s.unexpected(end, "':'")
	}
	return key, end + 1
}

// keySet holds the keys of the objects that are open, to refuse repeated ones.
// Objects are opened and closed in nesting order.
type keySet struct{ stack [][]byte }

// openKeys is one open object: where its keys begin in the stack, and an
// index once they are many.
type openKeys struct {
	from  int
	index map[string]struct{}
}

// manyKeys is where comparing with each key so far costs more than an index.
const manyKeys = 24

func (k *keySet) open() openKeys { return openKeys{from: len(k.stack)} }

func (k *keySet) close(o openKeys) { k.stack = k.stack[:o.from] }

// reset forgets all objects, and the page their keys lie in.
func (k *keySet) reset() {
	clear(k.stack[:cap(k.stack)])
	k.stack = k.stack[:0]
}

// add says false if the object has the key already.
func (k *keySet) add(o *openKeys, key []byte) bool {
	if o.index != nil {
		if _, ok := o.index[string(key)]; ok {
			return false
		}
		o.index[string(key)] = struct{}{}
		return true
	}
	mine := k.stack[o.from:]
	for _, other := range mine {
		if string(other) == string(key) {
			return false
		}
	}
	k.stack = append(k.stack, key)
	if len(mine)+1 >= manyKeys {
		o.index = make(map[string]struct{}, 2*manyKeys)
		for _, key := range k.stack[o.from:] {
			o.index[string(key)] = struct{}{}
		}
	}
	return true
}
