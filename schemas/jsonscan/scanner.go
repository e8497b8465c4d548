package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// MaxDepth bounds how deep values nest, counted from the document's root. The
// API's own answers stay below 20.
const MaxDepth = 512

// Fail is the index that every scanning method returns when it refuses the text.
const Fail = -1

// Scanner reads the JSON text Src. Its methods take the index where they start and
// return the index behind what they read, or Fail; then Fault and At say why and where.
type Scanner struct {
	Src   []byte
	Fault string // the first fault, as a phrase that follows "the text"; "" if there is none
	At    int    // index of the fault; len(Src) if the text ends early
	Keys  KeySet // keys of the open objects
}

// Stop records the first fault and its index.
func (s *Scanner) Stop(at int, fault string) int {
	if s.Fault == "" {
		s.Fault, s.At = fault, at
	}
	return Fail
}

// Unexpected refuses the byte at i, or the end of the text, where want should be.
func (s *Scanner) Unexpected(i int, want string) int {
	if i >= len(s.Src) {
		return s.Stop(len(s.Src), "ends early, "+want+" is missing")
	}
	return s.Stop(i, "holds "+quoteByte(s.Src[i])+" where "+want+" should be")
}

func quoteByte(c byte) string {
	const hex = "0123456789abcdef"
	if c < ' ' || c >= 0x7f {
		return "byte 0x" + string([]byte{hex[c>>4], hex[c&15]})
	}
	return "'" + string([]byte{c}) + "'"
}

// Space skips white space.
func (s *Scanner) Space(i int) int {
	b := s.Src
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

// Str reads the string whose opening quote is at i. The raw text lies between the quotes; escaped
// reports whether it contains escapes. It tests eight bytes at a time, and validates UTF-8 only
// after a byte outside ASCII.
func (s *Scanner) Str(i int) (end int, escaped bool) {
	b := s.Src
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
			return s.Stop(len(b), "ends early, inside a string"), false
		}
		switch b[i] {
		case '"':
			if high&highs != 0 && !utf8.Valid(b[start:i]) {
				return s.Stop(start+invalidUTF8(b[start:i]), "is not valid UTF-8"), false
			}
			return i + 1, escaped
		case '\\':
			escaped = true
			if i = s.escape(i); i < 0 {
				return Fail, false
			}
		default:
			return s.Stop(i, "holds a raw control character, "+quoteByte(b[i])+", inside a string"), false
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
func (s *Scanner) escape(i int) int {
	b := s.Src
	if i+1 >= len(b) {
		return s.Stop(len(b), "ends early, inside a string")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		return s.unicodeEscape(i)
	}
	return s.Stop(i, "holds an escape that JSON does not know")
}

func (s *Scanner) unicodeEscape(i int) int {
	r, ok := hex4(s.Src, i+2)
	switch {
	case !ok:
		return s.Stop(i, `holds a \u escape without four hexadecimal digits`)
	case r >= 0xdc00 && r < 0xe000:
		return s.Stop(i, "holds the escape of half a surrogate pair")
	case r < 0xd800 || r >= 0xe000:
		return i + 6
	}
	if i+7 < len(s.Src) && s.Src[i+6] == '\\' && s.Src[i+7] == 'u' {
		if low, ok := hex4(s.Src, i+8); ok && low >= 0xdc00 && low < 0xe000 {
			return i + 12
		}
	}
	return s.Stop(i, "holds the escape of half a surrogate pair")
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

// Number reads the number that begins at i; integer reports that it has neither
// fraction nor exponent.
func (s *Scanner) Number(i int) (end int, integer bool) {
	b := s.Src
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	default:
		return s.Unexpected(i, "a digit"), false
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		from := i + 1
		if i = digits(b, from); i == from {
			return s.Unexpected(i, "a digit"), false
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
			return s.Unexpected(i, "a digit"), false
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

// Literal reads the literal word: true, false or null.
func (s *Scanner) Literal(i int, word string) int {
	if len(s.Src)-i >= len(word) && string(s.Src[i:i+len(word)]) == word {
		return i + len(word)
	}
	for k := range word {
		if i+k >= len(s.Src) || s.Src[i+k] != word[k] {
			return s.Unexpected(i+k, "'"+word[k:k+1]+"' of "+word)
		}
	}
	return Fail
}
