package jsonscan

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting that the scanner takes, counted from the
// document's root. The API's own answers stay below 20.
const MaxDepth = 512

// Failed is what scanning methods return for a document they refuse.
const Failed = -1

// Scanner reads one document. Its methods take the index to begin at and return
// the index after what they read, or Failed. A depth is the number of objects
// and arrays that enclose the index. The zero value with Data set is ready for use.
type Scanner struct {
	// Data is the document. Change it by Reset.
	Data []byte
	// Keys finds repeated keys; callers that read objects themselves use it too.
	Keys KeySet
	// Tolerant reads on behind a fault that leaves no doubt about where values end: a text that is not Unicode, a raw
	// control character, an unknown escape, or a repeated key. Damage has these faults.
	Tolerant bool
	Damage   []Fault
	// MaxElements bounds the elements of all lists and objects; 0: no bound.
	MaxElements int
	// Stop is called now and then, unless it is nil. If it returns true, the scanner fails.
	Stop func() bool

	elements  int
	fault     *Fault
	unescaped []byte // memory for the last token's text
}

// Fault is the reason why a document was refused. What is a predicate: "ends early, a value is missing".
type Fault struct {
	Offset int
	What   string
}

func (f *Fault) Error() string { return fmt.Sprintf("JSON %s (byte %d)", f.What, f.Offset) }

// Reset begins another document, and drops all references to the former one.
func (s *Scanner) Reset(data []byte) {
	s.Data, s.fault, s.Damage, s.elements = data, nil, nil, 0
	s.Keys.reset()
}

// Fault returns the first fault, or nil.
func (s *Scanner) Fault() *Fault { return s.fault }

// Fail notes the first fault and its offset, and returns Failed.
func (s *Scanner) Fail(at int, what string) int {
	if s.fault == nil {
		s.fault = &Fault{Offset: at, What: what}
	}
	return Failed
}

// maxDamage bounds the faults that a tolerant scanner notes.
const maxDamage = 1000

// damaged notes a fault and returns next, where a tolerant scanner reads on.
func (s *Scanner) damaged(at int, what string, next int) int {
	if !s.Tolerant || len(s.Damage) >= maxDamage {
		return s.Fail(at, what)
	}
	s.Damage = append(s.Damage, Fault{Offset: at, What: what})
	return next
}

// pollEvery is the number of elements between calls of Stop.
const pollEvery = 1 << 12

// counted counts an element, and reports whether the scanner may read on.
func (s *Scanner) counted(i int) bool {
	if s.elements++; s.elements%pollEvery != 0 {
		return true
	}
	switch {
	case s.Exceeded():
		s.Fail(i, "has more than "+strconv.Itoa(s.MaxElements)+" values")
	case s.Stop != nil && s.Stop():
		s.Fail(i, "was not read to its end")
	default:
		return true
	}
	return false
}

// Exceeded reports whether the document has more than MaxElements elements.
func (s *Scanner) Exceeded() bool { return s.MaxElements > 0 && s.elements > s.MaxElements }

// Unexpected refuses the byte at i, or the end of the document, where want should be.
func (s *Scanner) Unexpected(i int, want string) int {
	if i >= len(s.Data) {
		return s.Fail(len(s.Data), "ends early, "+want+" is missing")
	}
	return s.Fail(i, "holds "+quoteByte(s.Data[i])+" where "+want+" should be")
}

func quoteByte(c byte) string {
	if c < ' ' || c >= 0x7f {
		return fmt.Sprintf("byte 0x%02x", c)
	}
	return "'" + string(rune(c)) + "'"
}

// Space skips white space.
func (s *Scanner) Space(i int) int {
	b := s.Data
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// End refuses anything but white space from i to the end of the document.
func (s *Scanner) End(i int) int {
	if i = s.Space(i); i < len(s.Data) {
		return s.Fail(i, "continues after its end")
	}
	return i
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// marks returns a word whose lowest set bit is the high bit of the first quote, backslash or control character in x.
// Borrows can only set false marks above a true one. The exclusive or moves a quote, 0x22, to 0x20, next to the
// control characters, and moves no other byte from above there.
func marks(x uint64) uint64 {
	low, slash := x^(lows*2), x^(lows*'\\')
	return ((low - lows*0x21) | (slash - lows)) &^ x & highs
}

// String reads the string whose opening quote is at i; escaped reports escapes in
// it. It reads eight bytes at a time, and validates UTF-8 only after a high bit.
func (s *Scanner) String(i int) (end int, escaped bool) {
	b := s.Data
	start := i + 1
	i = start
	var high uint64
	for {
		for i+16 <= len(b) {
			x, y := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
			high |= x | y
			if first, second := marks(x), marks(y); first|second != 0 {
				n := bits.TrailingZeros64(first) >> 3 // 8 if nothing is marked
				i += n + bits.TrailingZeros64(second)>>3&-(n>>3)
				break
			}
			i += 16
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			high |= uint64(b[i])
			i++
		}
		if i >= len(b) {
			return s.Fail(len(b), "ends early, inside a string"), false
		}
		switch b[i] {
		case '"':
			if high&highs != 0 && !utf8.Valid(b[start:i]) {
				return s.damaged(start+invalidUTF8(b[start:i]), "is not valid UTF-8", i+1), escaped
			}
			return i + 1, escaped
		case '\\':
			escaped = true
			if i = s.escape(i); i < 0 {
				return Failed, false
			}
		default:
			what := "holds a raw control character, " + quoteByte(b[i]) + ", inside a string"
			if i = s.damaged(i, what, i+1); i < 0 {
				return Failed, false
			}
		}
	}
}

// invalidUTF8 is the length of the valid text at the beginning of b.
func invalidUTF8(b []byte) (n int) {
	for r, size := utf8.DecodeRune(b); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(b[n:]) {
		n += size
	}
	return n
}

// escape reads the escape whose backslash is at i, or both halves of a surrogate pair.
func (s *Scanner) escape(i int) int {
	b := s.Data
	if i+1 >= len(b) {
		return s.Fail(len(b), "ends early, inside a string")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		return s.unicodeEscape(i)
	}
	return s.damaged(i, "holds an escape that JSON does not know", i+2)
}

func (s *Scanner) unicodeEscape(i int) int {
	r, ok := hex4(s.Data, i+2)
	switch {
	case !ok:
		return s.damaged(i, `holds a \u escape without four hexadecimal digits`, i+2)
	case r >= 0xdc00 && r < 0xe000:
		return s.damaged(i, "holds the escape of half a surrogate pair", i+6)
	case r < 0xd800 || r >= 0xe000:
		return i + 6
	}
	if i+7 < len(s.Data) && s.Data[i+6] == '\\' && s.Data[i+7] == 'u' {
		if low, ok := hex4(s.Data, i+8); ok && low >= 0xdc00 && low < 0xe000 {
			return i + 12
		}
	}
	return s.damaged(i, "holds the escape of half a surrogate pair", i+6)
}

func hex4(b []byte, i int) (r rune, ok bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var two [2]byte
	_, err := hex.Decode(two[:], b[i:i+4])
	return rune(two[0])<<8 | rune(two[1]), err == nil
}

// Number reads the number at i; integer reports that it has neither fraction nor exponent.
func (s *Scanner) Number(i int) (end int, integer bool) {
	b := s.Data
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

// Literal reads one of true, false and null, given as word.
func (s *Scanner) Literal(i int, word string) int {
	if len(s.Data)-i >= len(word) && string(s.Data[i:i+len(word)]) == word {
		return i + len(word)
	}
	for k := range word {
		if i+k >= len(s.Data) || s.Data[i+k] != word[k] {
			return s.Unexpected(i+k, "'"+word[k:k+1]+"' of "+word)
		}
	}
	return Failed
}
