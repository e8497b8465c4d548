package load

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/civic-etl/civic-etl/load/internal/digest"
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

// addNumber takes a number, as number has found it. Few digits are summed up here: a double holds
// them exactly, and the power of ten that those behind a point are divided by.
func addNumber(b []byte, kind schemas.Kind, d *digest.Digest) error {
	const most = 15
	n, point := uint64(0), -1
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9' && i <= most:
			n = 10*n + uint64(c-'0')
		case c == '.':
			point = i
		default:
			return addAnyNumber(b, kind, d)
		}
	}
	switch {
	case kind == schemas.Float64 && point < 0:
		d.Add8(math.Float64bits(float64(n)))
	case kind == schemas.Float64:
		d.Add8(math.Float64bits(float64(n) / powers[len(b)-1-point]))
	case kind == schemas.Int64 && point < 0:
		d.Add8(n)
	case kind == schemas.Int32 && point < 0 && n <= math.MaxInt32:
		d.Add4(uint32(n))
	default:
		return addAnyNumber(b, kind, d)
	}
	return nil
}

var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

func addAnyNumber(b []byte, kind schemas.Kind, d *digest.Digest) error {
	text := unsafe.String(&b[0], len(b)) // strconv's errors copy it
	switch kind {
	case schemas.Float64:
		v, err := strconv.ParseFloat(text, 64)
		d.Add8(math.Float64bits(v))
		return err
	case schemas.Int32:
		v, err := strconv.ParseInt(text, 10, 32)
		d.Add4(uint32(v))
		return err
	}
	v, err := strconv.ParseInt(text, 10, 64)
	d.Add8(uint64(v))
	return err
}
