package textio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// text reads the string that b begins with. The text is good until the next
// call.
func (d *ndjsonDecoder) text(b []byte) (text, rest []byte, err error) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, errWrongKind
	}
	b = b[1:]
	n, ascii := plainJSON(b)
	if n < len(b) && b[n] == '"' {
		if text = b[:n]; !ascii && !utf8.Valid(text) {
			return nil, nil, errors.New("text that is not UTF-8")
		}
		return text, b[n+1:], nil
	}
	return d.escaped(b)
}

// escaped reads a string, without its opening quote, that has escapes in it.
func (d *ndjsonDecoder) escaped(b []byte) (text, rest []byte, err error) {
	d.scratch = d.scratch[:0]
	for {
		n, _ := plainJSON(b)
		d.scratch = append(d.scratch, b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return nil, nil, errors.New("a string without end")
		}
		switch {
		case b[0] == '"' && !utf8.Valid(d.scratch):
			return nil, nil, errors.New("text that is not UTF-8")
		case b[0] == '"':
			return d.scratch, b[1:], nil
		case b[0] != '\\' || len(b) < 2:
			return nil, nil, fmt.Errorf("%.8q within a string", b)
		}
		if b, err = d.escape(b[1:]); err != nil {
			return nil, nil, err
		}
	}
}

// escape reads what stands behind a backslash.
func (d *ndjsonDecoder) escape(b []byte) (rest []byte, err error) {
	var c byte
	switch b[0] {
	case '"', '\\', '/':
		c = b[0]
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return d.escapedRune(b[1:])
	default:
		return nil, fmt.Errorf("the escape \\%c", b[0])
	}
	d.scratch = append(d.scratch, c)
	return b[1:], nil
}

func (d *ndjsonDecoder) escapedRune(b []byte) (rest []byte, err error) {
	c, ok := hexRune(b)
	if !ok {
		return nil, fmt.Errorf("the escape \\u%.4q", b)
	}
	b = b[4:]
	if c >= 0xd800 && c < 0xe000 {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return nil, errors.New("half a surrogate pair")
		}
		low, ok := hexRune(b[2:])
		if !ok || c >= 0xdc00 || low < 0xdc00 || low >= 0xe000 {
			return nil, errors.New("half a surrogate pair")
		}
		c, b = 0x10000+(c-0xd800)<<10+(low-0xdc00), b[6:]
	}
	d.scratch = utf8.AppendRune(d.scratch, c)
	return b, nil
}

func hexRune(b []byte) (c rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, h := range b[:4] {
		switch {
		case h >= '0' && h <= '9':
			c = c<<4 + rune(h-'0')
		case h|0x20 >= 'a' && h|0x20 <= 'f':
			c = c<<4 + rune(h|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return c, true
}

// plainJSON is how many bytes of b may stand in a string as they are, and
// whether those are known to be ASCII.
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

// shortJSON is the length of the string that b begins with, if it is short, of ASCII
// and without escapes, and otherwise -1. Most strings are, and need no loop.
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

// ends marks quotes, backslashes and control characters by their high bit; borrows mark only bytes above the first.
func ends(w uint64) uint64 {
	quote, slash := w^'"'*eachByte, w^'\\'*eachByte
	return ((quote - eachByte) | (slash - eachByte) | (w - ' '*eachByte)) &^ w & eachHigh
}
