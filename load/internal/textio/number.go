package textio

import (
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// number is the length of the JSON number that b begins with, 0 if there is none.
func number(b []byte) int {
	i := 0
	if b[0] == '-' {
		i++
	}
	n := digits(b[i:])
	if n == 0 || n > 1 && b[i] == '0' {
		return 0
	}
	if i += n; i < len(b) && b[i] == '.' {
		if n = digits(b[i+1:]); n == 0 {
			return 0
		}
		i += n + 1
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if n = digits(b[i:]); n == 0 {
			return 0
		}
		i += n
	}
	return i
}

// digits is how many digits b begins with.
func digits(b []byte) (n int) {
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// addText adds a value from its text, which has no quotes or escapes any more.
func addText(text []byte, kind schemas.Kind, to values.Receiver) error {
	switch kind {
	case schemas.Bool:
		return addBool(text, to)
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return addNumber(text, kind, to)
	case schemas.Timestamp:
		return addTimestamp(text, to)
	case schemas.Date:
		return addDate(text, to)
	}
	if !utf8.Valid(text) {
		return values.ErrNotUTF8
	}
	to.AddText(text)
	return nil
}

func addBool(text []byte, to values.Receiver) error {
	if string(text) != "true" && string(text) != "false" {
		return errWrongKind
	}
	to.AddBool(len(text) == 4)
	return nil
}

// addNumber adds a number. It sums up few digits itself: most numbers are short
// integers, and strconv takes three times as long.
func addNumber(b []byte, kind schemas.Kind, to values.Receiver) (err error) {
	n, short := shortInteger(b)
	if kind == schemas.Float64 {
		f := float64(n)
		if !short {
			f, err = strconv.ParseFloat(stringOf(b), 64)
		}
		to.Add8(math.Float64bits(f))
		return err
	}
	if kind == schemas.Int32 {
		if !short {
			n, err = strconv.ParseInt(stringOf(b), 10, 32)
		}
		to.Add4(uint32(n))
		return err
	}
	if !short {
		n, err = strconv.ParseInt(stringOf(b), 10, 64)
	}
	to.Add8(uint64(n))
	return err
}

// shortInteger reads up to nine digits.
func shortInteger(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(b) > 0 && len(b) <= 9
}

// stringOf shares the memory of b with a string for strconv and time, whose errors copy it.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
