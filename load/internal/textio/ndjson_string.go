package textio

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// text reads the string that b begins with. The text is valid until the next call.
func (d *ndjsonDecoder) text(b []byte) (text, rest []byte, err error) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, errWrongKind
	}
	n, ascii := plainJSON(b[1:])
	if n+1 == len(b) || b[n+1] != '"' {
		return d.escaped(b)
	}
	if text = b[1 : n+1]; !ascii && !utf8.Valid(text) {
		return nil, nil, values.ErrNotUTF8
	}
	return text, b[n+2:], nil
}

// escaped reads a string that has escapes in it.
func (d *ndjsonDecoder) escaped(b []byte) (text, rest []byte, err error) {
	for end := 1; end < len(b); end++ {
		n, _ := plainJSON(b[end:])
		if end += n; end == len(b) {
			break
		}
		switch b[end] {
		case '"':
			d.scratch, err = jsontext.AppendUnquote(d.scratch[:0], b[:end+1])
			return d.scratch, b[end+1:], err
		case '\\':
			end++
		}
	}
	return nil, nil, errors.New("a string without end")
}

// plainJSON is how many bytes of b may stand in a string without an escape, and whether they are ASCII.
func plainJSON(b []byte) (n int, ascii bool) {
	i, seen := 0, uint64(0)
	for ; i+16 <= len(b); i += 16 {
		v, w := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		seen |= v | w
		if first, second := ends(v), ends(w); first != 0 {
			return i + bits.TrailingZeros64(first)/8, seen&eachHigh == 0
		} else if second != 0 {
			return i + 8 + bits.TrailingZeros64(second)/8, seen&eachHigh == 0
		}
	}
	for ; i < len(b); i++ {
		c := b[i]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		seen |= uint64(c)
	}
	return i, seen&eachHigh == 0
}

// shortJSON is the length of the string that b begins with if it is short, ASCII and
// free of escapes, otherwise -1. Most strings are, and need no loop.
func shortJSON(b []byte) int {
	if len(b) < 17 || b[0] != '"' {
		return -1
	}
	v, w := binary.LittleEndian.Uint64(b[1:]), binary.LittleEndian.Uint64(b[9:])
	first, second := ends(v), ends(w)
	if first|second == 0 || (v|w)&eachHigh != 0 {
		return -1
	}
	n := bits.TrailingZeros64(first) / 8 // 8 if there is none
	n += bits.TrailingZeros64(second) / 8 & -(n / 8)
	if b[n+1] != '"' {
		return -1
	}
	return n
}

// ends sets the high bit of quotes, backslashes and control characters; borrows mark only bytes above the first.
func ends(w uint64) uint64 {
	quote, slash := w^'"'*eachByte, w^'\\'*eachByte
	return ((quote - eachByte) | (slash - eachByte) | (w - ' '*eachByte)) &^ w & eachHigh
}
