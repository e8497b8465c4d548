package textio

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// number is the length of the number that b begins with; 0 if there is none.
func number(b []byte) int {
	digits := func(i int) int {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i
	}
	start := 0
	if b[0] == '-' {
		start = 1
	}
	i := digits(start)
	if i == start || b[start] == '0' && i > start+1 {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if start, i = i+1, digits(i+1); i == start {
			return 0
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if start, i = i, digits(i); i == start {
			return 0
		}
	}
	return i
}

// addText adds a value from its text, which has no quotes or escapes any more.
func addText(text []byte, kind schemas.Kind, to values.Receiver) error {
	switch kind {
	case schemas.Bool:
		return addBool(text, to)
	case schemas.Int32, schemas.Int64, schemas.Float64:
		if len(text) > 0 && number(text) == len(text) {
			return addNumber(text, kind, to)
		}
		return addAnyNumber(text, kind, to)
	case schemas.Timestamp:
		return addTimestamp(text, to)
	case schemas.Date:
		return addDate(text, to)
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

// addNumber adds a number, as number has found it. Few digits are summed up here: a double holds
// them exactly, and the power of ten that those behind a point are divided by.
func addNumber(b []byte, kind schemas.Kind, to values.Receiver) error {
	const most = 15
	n, point := uint64(0), -1
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9' && i <= most:
			n = 10*n + uint64(c-'0')
		case c == '.':
			point = i
		default:
			return addAnyNumber(b, kind, to)
		}
	}
	switch {
	case kind == schemas.Float64 && point < 0:
		to.Add8(math.Float64bits(float64(n)))
	case kind == schemas.Float64:
		to.Add8(math.Float64bits(float64(n) / powers[len(b)-1-point]))
	case kind == schemas.Int64 && point < 0:
		to.Add8(n)
	case kind == schemas.Int32 && point < 0 && n <= math.MaxInt32:
		to.Add4(uint32(n))
	default:
		return addAnyNumber(b, kind, to)
	}
	return nil
}

var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// addAnyNumber leaves it to the library.
func addAnyNumber(b []byte, kind schemas.Kind, to values.Receiver) error {
	text := unsafe.String(unsafe.SliceData(b), len(b)) // strconv's errors copy it
	switch kind {
	case schemas.Float64:
		v, err := strconv.ParseFloat(text, 64)
		to.Add8(math.Float64bits(v))
		return err
	case schemas.Int32:
		v, err := strconv.ParseInt(text, 10, 32)
		to.Add4(uint32(v))
		return err
	}
	v, err := strconv.ParseInt(text, 10, 64)
	to.Add8(uint64(v))
	return err
}
