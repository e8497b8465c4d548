package jsonscan

import (
	"cmp"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is the JSON type of a value. Kinds are bits, so that a set of them fits one Kind.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = 1 << iota
	String
	Number
	Bool
	Object
	Array
)

// kinds are the kinds of values by their first byte.
var kinds = [256]Kind{
	'n': Null, 't': Bool, 'f': Bool, '"': String, '{': Object, '[': Array, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

var descriptions = map[Kind]string{
	Null: "null", Object: "an object", Array: "a list", String: "a string", Bool: "a boolean", Number: "a number",
}

// Describe names the kind of the value at i for a message: "a list".
func (s *Scanner) Describe(i int) string {
	if i >= len(s.Data) {
		return "missing"
	}
	return cmp.Or(descriptions[kinds[s.Data[i]]], "no value")
}

// Token is one value of the document.
type Token struct {
	Kind    Kind
	Integer bool // a number without fraction and exponent
	// Raw is the value as it stands in the document.
	Raw []byte
	// Text is the unescaped content of a string; of other values, the same as Raw.
	Text []byte
}

// Token reads the value at i into t and returns its end. The token is valid until the next call.
func (s *Scanner) Token(t *Token, i, depth int) int {
	if i < len(s.Data) && s.Data[i] == '"' {
		return s.stringToken(t, i)
	}
	var end int
	if end, t.Integer = s.value(i, depth); end > 0 {
		t.Raw = s.Data[i:end]
		t.Kind, t.Text = kinds[t.Raw[0]], t.Raw
	}
	return end
}

func (s *Scanner) stringToken(t *Token, i int) int {
	end, escaped := s.String(i)
	if end < 0 {
		return Failed
	}
	t.Kind, t.Raw, t.Text = String, s.Data[i:end], s.Data[i+1:end-1]
	if escaped {
		s.unescaped, _ = jsontext.AppendUnquote(s.unescaped[:0], t.Raw)
		t.Text = s.unescaped
	}
	return end
}

// Skip reads the value at i, after optional white space, and returns its end. It
// checks the value as strictly as the other methods do.
func (s *Scanner) Skip(i, depth int) int {
	end, _ := s.value(s.Space(i), depth)
	return end
}

// value reads the value at i. The flag reports that a string has escapes, or that a number is an integer.
func (s *Scanner) value(i, depth int) (end int, flag bool) {
	if i >= len(s.Data) {
		return s.Unexpected(i, "a value"), false
	}
	switch s.Data[i] {
	case '"':
		return s.String(i)
	case '{':
		return s.Object(i, depth, nil), false
	case '[':
		return s.Array(i, depth, nil), false
	case 't':
		return s.Literal(i, "true"), false
	case 'f':
		return s.Literal(i, "false"), false
	case 'n':
		return s.Literal(i, "null"), false
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.Number(i)
	}
	return s.Unexpected(i, "a value"), false
}

// Object reads the object whose brace is at i. For each member it calls visit
// with the unescaped key and the index of the value; visit returns the value's
// end, or Failed. The key is valid until visit returns. A nil visit skips all values.
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
		if !s.Keys.Add(&seen, key) && s.Repeated(at, key) < 0 {
			return Failed
		}
		if visit == nil {
			i = s.Skip(value, depth+1)
		} else {
			i = visit(key, s.Space(value))
		}
		if i, more = s.Next(i, '}'); i < 0 {
			return Failed
		}
	}
	s.Keys.Close(seen)
	return i
}

// Array reads the array whose bracket is at i. It calls visit with the index of
// each element; visit returns the element's end, or Failed. A nil visit skips all elements.
func (s *Scanner) Array(i, depth int, visit func(i int) int) int {
	if depth >= MaxDepth {
		return s.Fail(i, "nests too deep")
	}
	if i = s.Space(i + 1); i < len(s.Data) && s.Data[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		if visit == nil {
			i, _ = s.value(i, depth+1)
		} else {
			i = visit(i)
		}
		if i, more = s.Next(i, ']'); i < 0 {
			return Failed
		}
	}
	return i
}

// Next reads the comma or the closing bracket after an element that ends at i. After a
// comma another element must follow, and end is its index. Next fails if the element did.
func (s *Scanner) Next(i int, closing byte) (end int, more bool) {
	if i < 0 || !s.counted(i) {
		return Failed, false
	}
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
		key, _ = jsontext.AppendUnquote(nil, s.Data[i:end])
	}
	if end = s.Space(end); end >= len(s.Data) || s.Data[end] != ':' {
		return nil, s.Unexpected(end, "':'")
	}
	return key, end + 1
}

// Repeated refuses a key that KeySet.Add did not take. A tolerant scanner only notes it, and returns at.
func (s *Scanner) Repeated(at int, key []byte) int {
	if s.Keys.full() {
		return s.Fail(at, "has objects with too many keys")
	}
	return s.damaged(at, `repeats the key "`+Clip(key)+`" in one object`, at)
}
