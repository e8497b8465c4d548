package transform

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/schemas"
)

// quick is how a value of the commonest shape goes from the page into its column in one go: text without
// escapes, a short number, null. Whatever else stands there, faults too, is left to the ordinary way, which
// begins at the same place and knows all of them.
type quick uint8

const (
	ordinary quick = iota
	quickText
	quickInt64
	quickInt32
	quickFloat
	quickBool
	quickTime
)

// hasten chooses the quick way for the nodes below n whose value is one column's, as it stands there.
func (n *node) hasten() {
	for _, c := range n.children {
		c.hasten()
	}
	if len(n.children) > 0 || len(n.leaves) != 1 {
		return
	}
	l := n.leaves[0]
	if l.take != takeValue || l.labels != nil {
		return
	}
	switch to := l.column.Type.Kind; {
	case l.wants == isString && (to == schemas.String || to == schemas.Enum):
		n.quick = quickText
	case l.wants == isString && to == schemas.Timestamp && l.column.Wire != schemas.Date:
		n.quick = quickTime
	case l.wants == isNumber && to == schemas.Int64:
		n.quick = quickInt64
	case l.wants == isNumber && to == schemas.Int32:
		n.quick = quickInt32
	case l.wants == isNumber && to == schemas.Float64:
		n.quick = quickFloat
	case l.wants == isBool && to == schemas.Bool:
		n.quick = quickBool
	}
}

// quickly reads the value at i, or fails without a trace: then the ordinary way is gone.
func (d *Decoder) quickly(n *node, i int) int {
	b := d.Src
	if n.quick == ordinary || i+8 > len(b) || d.rejected {
		return fail
	}
	v := &n.leaves[0].to.values
	switch c := b[i]; {
	case c == '"':
		switch n.quick {
		case quickText:
			return v.quickText(b, i+1)
		case quickTime:
			return v.quickTime(b, i+1)
		}
	case c == 'n':
		if v.null && string(b[i:i+4]) == "null" {
			v.putNull()
			return i + 4
		}
	case c == 't':
		if n.quick == quickBool && string(b[i:i+4]) == "true" {
			v.putBool(true)
			return i + 4
		}
	case c == 'f':
		if n.quick == quickBool && string(b[i:i+5]) == "false" {
			v.putBool(false)
			return i + 5
		}
	case c >= '0' && c <= '9':
		return v.quickNumber(b, i, n.quick)
	}
	return fail
}

// quickText copies the string that begins at start, behind its quote, while it looks for its end.
func (v *vector) quickText(b []byte, start int) int {
	n, high := v.copyText(b[start:])
	if n < 0 || b[start+n] != '"' || high && !utf8.Valid(b[start:start+n]) || !v.room(n) {
		return fail
	}
	v.data.b = v.data.b[:len(v.data.b)+n]
	v.endText()
	return start + n + 1
}

// copyText puts what src begins with behind the end of data, up to the first byte that a string cannot hold as it is;
// n is where that stands. High says whether there may be bytes beyond ASCII among them.
func (v *vector) copyText(src []byte) (n int, high bool) {
	data := &v.data
	used := len(data.b)
	var seen uint64
	rest, to := src, data.b[used:cap(data.b)]
	for len(rest) >= 16 {
		if len(to) < 16 {
			n := len(src) - len(rest)
			data.b = data.b[:used+n]
			data.grow(64)
			data.b, to = data.b[:used], data.b[used+n:cap(data.b)]
		}
		x, y := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		binary.LittleEndian.PutUint64(to, x)
		binary.LittleEndian.PutUint64(to[8:], y)
		seen |= x | y
		if first, second := marks(x), marks(y); first|second != 0 {
			n := bits.TrailingZeros64(first) >> 3 // 8 if there is none
			n += bits.TrailingZeros64(second) >> 3 & -(n >> 3)
			return len(src) - len(rest) + n, seen&highs != 0
		}
		rest, to = rest[16:], to[16:]
	}
	return fail, false
}

// quickTime takes a time in whole seconds, UTC.
func (v *vector) quickTime(b []byte, start int) int {
	const length = len("2006-01-02T15:04:05Z")
	end := start + length
	if end >= len(b) || b[end] != '"' || b[end-1] != 'Z' {
		return fail
	}
	us, ok := parseTime(b[start:end])
	if !ok {
		return fail
	}
	v.put64(uint64(us))
	return end + 1
}

// quickNumber takes a number that is not negative, has no exponent, and so few digits that a double holds them
// exactly, and the power of ten that they are divided by: one division then rounds as it has to.
func (v *vector) quickNumber(b []byte, i int, how quick) int {
	const most = 15
	n, start := int64(0), i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int64(b[i]-'0')
		i++
	}
	if i-start > most || i == len(b) || b[start] == '0' && i > start+1 {
		return fail
	}
	point := 0 // digits behind it
	if b[i] == '.' && how == quickFloat {
		for i++; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			n = n*10 + int64(b[i]-'0')
			point++
		}
		if point == 0 || i-start-1 > most || i == len(b) {
			return fail
		}
	}
	if b[i] == '.' || b[i]|0x20 == 'e' {
		return fail
	}
	switch {
	case how == quickInt64:
		v.put64(uint64(n))
	case how == quickFloat:
		v.put64(math.Float64bits(float64(n) / tens[point]))
	case how == quickInt32 && n <= math.MaxInt32:
		v.put32(uint32(n))
	default:
		return fail
	}
	return i
}

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// marks has the high bit set of the first quote, backslash or control character in x; borrows can only
// raise false marks above a true one.
func marks(x uint64) uint64 {
	low, slash := x^(lows*2), x^(lows*'\\')
	return ((low - lows*0x21) | (slash - lows)) &^ x & highs
}
