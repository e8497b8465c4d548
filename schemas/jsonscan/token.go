package jsonscan

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

// Token is one value of the document.
type Token struct {
	Kind    Kind
	Integer bool // a number without fraction and exponent
	// Raw is the value as it stands in the document.
	Raw []byte
	// Text is the unescaped content of a string; of other values, the same as Raw.
	Text []byte

	unescaped []byte // memory for Text, used again
}

// Clear drops the references to the document, and keeps the memory for unescaped text.
func (t *Token) Clear() { *t = Token{unescaped: t.unescaped} }

// Token reads the value at i into t and returns its end. The token is valid
// until the next call with the same t.
func (s *Scanner) Token(t *Token, i, depth int) int {
	if i >= len(s.Data) {
		return s.Unexpected(i, "a value")
	}
	var end int
	switch c := s.Data[i]; c {
	case '"':
		return s.stringToken(t, i)
	case 'n':
		t.Kind, end = Null, s.Literal(i, "null")
	case 't':
		t.Kind, end = Bool, s.Literal(i, "true")
	case 'f':
		t.Kind, end = Bool, s.Literal(i, "false")
	case '{':
		t.Kind, end = Object, s.Skip(i, depth)
	case '[':
		t.Kind, end = Array, s.Skip(i, depth)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.Kind = Number
		end, t.Integer = s.Number(i)
	default:
		return s.Unexpected(i, "a value")
	}
	if end > 0 {
		t.Raw = s.Data[i:end]
		t.Text = t.Raw
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
		t.unescaped = AppendUnescaped(t.unescaped[:0], t.Text)
		t.Text = t.unescaped
	}
	return end
}
