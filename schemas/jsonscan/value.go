package jsonscan

// Skip reads the value at i, after optional white space, and returns its end. It
// checks the value as strictly as the other methods do.
func (s *Scanner) Skip(i, depth int) int {
	i = s.Space(i)
	if i >= len(s.Data) {
		return s.Unexpected(i, "a value")
	}
	switch c := s.Data[i]; {
	case c == '"':
		i, _ = s.String(i)
		return i
	case c == '{':
		return s.Object(i, depth, func(_ []byte, i int) int { return s.Skip(i, depth+1) })
	case c == '[':
		return s.Array(i, depth, func(i int) int { return s.Skip(i, depth+1) })
	case c == '-' || c >= '0' && c <= '9':
		i, _ = s.Number(i)
		return i
	case c == 't':
		return s.Literal(i, "true")
	case c == 'f':
		return s.Literal(i, "false")
	case c == 'n':
		return s.Literal(i, "null")
	}
	return s.Unexpected(i, "a value")
}

// Object reads the object whose brace is at i. For each member it calls visit
// with the unescaped key and the index of the value; visit returns the value's
// end, or Failed. The key is valid until visit returns.
func (s *Scanner) Object(i, depth int, visit func(key []byte, i int) int) int {
	if depth >= MaxDepth {
		return s.Fail(i, "nests too deep")
	}
	if i = s.Space(i + 1); i < len(s.Data) && s.Data[i] == '}' {
		return i + 1
	}
	seen := s.Keys.Open()
	for more := true; more; {
		at := i
		key, value := s.Key(i)
		if value < 0 {
			return Failed
		}
		if !s.Keys.Add(&seen, key) {
			return s.Repeated(at, key)
		}
		if i = visit(key, s.Space(value)); i < 0 {
			return Failed
		}
		if i, more = s.Next(i, '}'); i < 0 {
			return Failed
		}
	}
	s.Keys.Close(seen)
	return i
}

// Array reads the array whose bracket is at i. It calls visit with the index of
// each element; visit returns the element's end, or Failed.
func (s *Scanner) Array(i, depth int, visit func(i int) int) int {
	if depth >= MaxDepth {
		return s.Fail(i, "nests too deep")
	}
	if i = s.Space(i + 1); i < len(s.Data) && s.Data[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		if i = visit(i); i < 0 {
			return Failed
		}
		if i, more = s.Next(i, ']'); i < 0 {
			return Failed
		}
	}
	return i
}

// Next reads what follows an element: a comma, after which another element must
// follow, or the closing bracket. With a comma, the result is the index of the
// next element.
func (s *Scanner) Next(i int, closing byte) (end int, more bool) {
	i = s.Space(i)
	if i < len(s.Data) {
		switch s.Data[i] {
		case ',':
			return s.Space(i + 1), true
		case closing:
			return i + 1, false
		}
	}
	return s.Unexpected(i, "',' or '"+string([]byte{closing})+"'"), false
}

// Key reads the key at i and its colon. The key is unescaped and may alias the
// document. The value follows at the index returned, after optional white space.
func (s *Scanner) Key(i int) (key []byte, end int) {
	if i >= len(s.Data) || s.Data[i] != '"' {
		return nil, s.Unexpected(i, "a key")
	}
	end, escaped := s.String(i)
	if end < 0 {
		return nil, Failed
	}
	key = s.Data[i+1 : end-1]
	if escaped {
		key = AppendUnescaped(nil, key)
	}
	if end = s.Space(end); end >= len(s.Data) || s.Data[end] != ':' {
		return nil, s.Unexpected(end, "':'")
	}
	return key, end + 1
}

// Repeated refuses a key that its object already has.
func (s *Scanner) Repeated(at int, key []byte) int {
	return s.Fail(at, `repeats the key "`+Clip(key)+`" in one object`)
}
