package transform

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxDepth bounds how deep values nest, counted from the document's root. The
// API's own answers stay below 20.
const maxDepth = 512

// scanner reads JSON (RFC 8259) strictly: besides the grammar it refuses invalid
// UTF-8, escapes of lone surrogates, repeated keys in one object and nesting
// beyond maxDepth. Its methods take the index they start at and return the
// index behind what they read, or fail: -1, with the reason in fault and at.
type scanner struct {
	b     []byte
	fault string
	at    int
	keys  keySet
}

// fail is what every scanning method returns when it refuses the input.
const fail = -1

// stop notes the first fault and where it is.
func (s *scanner) stop(at int, fault string) int {
	if s.fault == "" {
		s.fault, s.at = fault, at
	}
	return fail
}

// unexpected refuses the byte at i, or the end of the input, where want should be.
func (s *scanner) unexpected(i int, want string) int {
	if i >= len(s.b) {
		return s.stop(len(s.b), "ends early, "+want+" is missing")
	}
	return s.stop(i, "holds "+quoteByte(s.b[i])+" where "+want+" should be")
}

func quoteByte(c byte) string {
	const hex = "0123456789abcdef"
	if c < ' ' || c >= 0x7f {
		return "byte 0x" + string([]byte{hex[c>>4], hex[c&15]})
	}
	return "'" + string([]byte{c}) + "'"
}

// space skips white space.
func (s *scanner) space(i int) int {
	b := s.b
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// marks has the high bit set of the first quote, backslash or control character in x; borrows
// can only raise false marks above a true one. Turning a quote, 0x22, into 0x20 puts it beside the control
// characters, and no other byte from above.
func marks(x uint64) uint64 {
	low, slash := x^(lows*2), x^(lows*'\\')
	return ((low - lows*0x21) | (slash - lows)) &^ x & highs
}

// str reads the string whose opening quote is at i. Its raw text lies between
// the quotes; escaped says whether escapes are in it. It looks at eight bytes at a time and
// validates UTF-8 only where a high bit was seen.
func (s *scanner) str(i int) (end int, escaped bool) {
	b := s.b
	start := i + 1
	i = start
	var high uint64
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			if mark := marks(x); mark != 0 {
				n := bits.TrailingZeros64(mark) >> 3
				high |= x & (1<<(8*n) - 1)
				i += n
				break
			}
			high |= x
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			high |= uint64(b[i])
			i++
		}
		if i >= len(b) {
			return s.stop(len(b), "ends early, inside a string"), false
		}
		switch b[i] {
		case '"':
			if high&highs != 0 && !utf8.Valid(b[start:i]) {
				return s.stop(start+invalidUTF8(b[start:i]), "is not valid UTF-8"), false
			}
			return i + 1, escaped
		case '\\':
			escaped = true
			if i = s.escape(i); i < 0 {
				return fail, false
			}
		default:
			return s.stop(i, "holds a raw control character, "+quoteByte(b[i])+", inside a string"), false
		}
	}
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// escape reads the escape whose backslash is at i, both halves of a surrogate pair.
func (s *scanner) escape(i int) int {
	b := s.b
	if i+1 >= len(b) {
		return s.stop(len(b), "ends early, inside a string")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		return s.unicodeEscape(i)
	}
	return s.stop(i, "holds an escape that JSON does not know")
}

func (s *scanner) unicodeEscape(i int) int {
	r, ok := hex4(s.b, i+2)
	switch {
	case !ok:
		return s.stop(i, `holds a \u escape without four hexadecimal digits`)
	case r >= 0xdc00 && r < 0xe000:
		return s.stop(i, "holds the escape of half a surrogate pair")
	case r < 0xd800 || r >= 0xe000:
		return i + 6
	}
	if i+7 < len(s.b) && s.b[i+6] == '\\' && s.b[i+7] == 'u' {
		if low, ok := hex4(s.b, i+8); ok && low >= 0xdc00 && low < 0xe000 {
			return i + 12
		}
	}
	return s.stop(i, "holds the escape of half a surrogate pair")
}

func hex4(b []byte, i int) (r rune, ok bool) {
	if i+4 > len(b) {
		return 0, false
	}
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads the number that begins at i; integer says that it has neither
// fraction nor exponent.
func (s *scanner) number(i int) (end int, integer bool) {
	b := s.b
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	default:
		return s.unexpected(i, "a digit"), false
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		from := i + 1
		if i = digits(b, from); i == from {
			return s.unexpected(i, "a digit"), false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		integer = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = digits(b, from); i == from {
			return s.unexpected(i, "a digit"), false
		}
	}
	return i, integer
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// word reads one of true, false and null.
func (s *scanner) word(i int, word string) int {
	if len(s.b)-i >= len(word) && string(s.b[i:i+len(word)]) == word {
		return i + len(word)
	}
	for k := range word {
		if i+k >= len(s.b) || s.b[i+k] != word[k] {
			return s.unexpected(i+k, "'"+word[k:k+1]+"' of "+word)
		}
	}
	return fail
}
