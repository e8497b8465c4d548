package jsonscan

// Skip reads any value that begins at i, with white space allowed before
// it, and drops it. It is as strict about what it drops as about what is kept.
func (s *Scanner) Skip(i, depth int) int {
	i = s.Space(i)
	if i >= len(s.Src) {
		return s.Unexpected(i, "a value")
	}
	switch c := s.Src[i]; {
	case c == '"':
		i, _ = s.Str(i)
		return i
	case c == '{':
		return s.skipObject(i, depth)
	case c == '[':
		return s.skipArray(i, depth)
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

func (s *Scanner) skipArray(i, depth int) int {
	return s.Elements(i, depth, func(_, i int) int { return s.Skip(i, depth+1) })
}

func (s *Scanner) skipObject(i, depth int) int {
	return s.Members(i, depth, func(_ []byte, i int) int { return s.Skip(i, depth+1) })
}

// Members reads the object at i. It calls value with each key and the index of its value;
// value reads the value. The key is valid until value returns.
func (s *Scanner) Members(i, depth int, value func(key []byte, i int) int) int {
	if depth >= MaxDepth {
		return s.Stop(i, "nests too deep")
	}
	if i = s.Space(i + 1); i < len(s.Src) && s.Src[i] == '}' {
		return i + 1
	}
	seen := s.Keys.Open()
	for more := true; more; {
		at := i
		var key []byte
		if key, i = s.Key(i); i < 0 {
			return Fail
		}
		if !s.Keys.Add(&seen, key) {
			return s.Repeated(at, key)
		}
		if i = value(key, s.Space(i)); i < 0 {
			return Fail
		}
		if i, more = s.Next(i, '}'); i < 0 {
			return Fail
		}
	}
	s.Keys.Close(seen)
	return i
}

// Elements reads the array at i. It calls value with the number of each element, from 0, and its
// index; value reads the element.
func (s *Scanner) Elements(i, depth int, value func(n, i int) int) int {
	if depth >= MaxDepth {
		return s.Stop(i, "nests too deep")
	}
	if i = s.Space(i + 1); i < len(s.Src) && s.Src[i] == ']' {
		return i + 1
	}
	for n, more := 0, true; more; n++ {
		if i = value(n, i); i < 0 {
			return Fail
		}
		if i, more = s.Next(i, ']'); i < 0 {
			return Fail
		}
	}
	return i
}

// Repeated refuses the second key of one name in an object.
func (s *Scanner) Repeated(at int, key []byte) int {
	return s.Stop(at, `repeats the key "`+Clip(key)+`" in one object`)
}

// Next reads what separates elements: a comma, after which another element must follow, or
// the closing bracket.
func (s *Scanner) Next(i int, closing byte) (end int, more bool) {
	i = s.Space(i)
	if i < len(s.Src) {
		switch s.Src[i] {
		case ',':
			return s.Space(i + 1), true
		case closing:
			return i + 1, false
		}
	}
	return s.Unexpected(i, "',' or '"+string([]byte{closing})+"'"), false
}

// Key reads a key and its colon; i is at the opening quote. The key is unescaped
// and may alias the text; the index returned is behind the colon.
func (s *Scanner) Key(i int) ([]byte, int) {
	if i >= len(s.Src) || s.Src[i] != '"' {
		return nil, s.Unexpected(i, "a key")
	}
	end, escaped := s.Str(i)
	if end < 0 {
		return nil, Fail
	}
	key := s.Src[i+1 : end-1]
	if escaped {
		key = Unescape(nil, key)
	}
	if end = s.Space(end); end >= len(s.Src) || s.Src[end] != ':' {
		return nil, s.Unexpected(end, "':'")
	}
	return key, end + 1
}
