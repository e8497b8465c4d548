package transform

import (
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// wants gives the kinds of JSON value that a wire kind may come as.
func wants(wire schemas.Kind) tokenKind {
	switch wire {
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return isNumber
	case schemas.Bool:
		return isBool
	case schemas.JSON:
		return isString | isNumber | isBool | isObject | isArray
	}
	return isString
}

func wireWord(wire schemas.Kind) string {
	switch wants(wire) {
	case isNumber:
		return "a number"
	case isBool:
		return "true or false"
	}
	return "a string"
}

// converts says whether values of a wire kind can become a column's kind.
func converts(wire, to schemas.Kind) bool {
	switch to {
	case schemas.String, schemas.JSON:
		return wire != schemas.Object
	case schemas.Enum:
		return wire == schemas.Enum || wire == schemas.String
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return wants(wire) == isNumber || wire == schemas.String || wire == schemas.JSON
	case schemas.Bool:
		return wire == schemas.Bool || wire == schemas.String || wire == schemas.JSON
	case schemas.Timestamp, schemas.Date:
		return wire == schemas.Timestamp || wire == schemas.Date || wire == schemas.String || wire == schemas.JSON
	}
	return false
}

// convert appends a value in the column's type, or rejects the record.
func (l *leaf) convert(d *Decoder, t *token) {
	v := &l.to.values
	ok := true
	switch l.column.Type.Kind {
	case schemas.String, schemas.Enum:
		ok = l.putText(v, t)
	case schemas.JSON:
		v.data.putCompact(t.raw)
		v.endText()
	case schemas.Int64:
		var n int64
		if n, ok = t.int64(); ok {
			v.put64(uint64(n))
		}
	case schemas.Int32:
		var n int64
		if n, ok = t.int64(); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			v.put32(uint32(n))
		} else {
			ok = false
		}
	case schemas.Float64:
		var f float64
		if f, ok = t.float64(); ok {
			v.put64(math.Float64bits(f))
		}
	case schemas.Bool:
		if ok = string(t.text) == "true" || string(t.text) == "false"; ok {
			v.putBool(len(t.text) == len("true"))
		}
	case schemas.Timestamp, schemas.Date:
		ok = l.putTime(v, t)
	}
	if !ok {
		d.reject(l, l.node, misfit(t, l.column.Type.Kind))
	}
}

// misfit says why a value was rejected.
func misfit(t *token, to schemas.Kind) string {
	article := "a "
	if to == schemas.Int32 || to == schemas.Int64 {
		article = "an "
	}
	return fmt.Sprintf("%s does not fit %s%s", jsonscan.Clip(t.raw), article, to)
}

// putText takes the text of a scalar, and the compact JSON text of anything else.
func (l *leaf) putText(v *vector, t *token) bool {
	if !v.room(len(t.text)) {
		return false
	}
	if t.kind&(isObject|isArray) != 0 {
		v.data.putCompact(t.raw)
		v.endText()
		return true
	}
	v.text(t.text)
	return true
}

func (l *leaf) putTime(v *vector, t *token) bool {
	dated := l.column.Wire == schemas.Date
	if l.column.Type.Kind == schemas.Timestamp {
		if dated {
			day, ok := parseDate(t.text)
			v.put64(uint64(day * microsOfDay))
			return ok
		}
		us, ok := parseTime(t.text)
		v.put64(uint64(us))
		return ok
	}
	if l.column.Wire == schemas.Timestamp {
		us, ok := parseTime(t.text)
		v.put32(uint32(floorDiv(us, microsOfDay)))
		return ok
	}
	day, ok := parseDate(t.text)
	v.put32(uint32(day))
	return ok
}

// numeric says whether the token, or the text of a string, is a number as JSON
// writes it: leading zeros, which text like an ontology id has, are none.
func (t *token) numeric() (integer, ok bool) {
	switch t.kind {
	case isNumber:
		return t.integer, true
	case isString:
		s := jsonscan.Scanner{Src: t.text}
		end, integer := s.Number(0)
		return integer, end == len(t.text)
	}
	return false, false
}

// int64 is the value as an integer; 3.0 and 2e3 are integers, 3.5 and what lies
// outside 64 bits are not.
func (t *token) int64() (int64, bool) {
	whole, ok := t.numeric()
	if !ok {
		return 0, false
	}
	if !whole {
		f, err := strconv.ParseFloat(alias(t.text), 64)
		const exact = 1 << 53
		return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= exact
	}
	if len(t.text) > 18 {
		n, err := strconv.ParseInt(alias(t.text), 10, 64)
		return n, err == nil
	}
	digits, negative := t.text, t.text[0] == '-'
	if negative {
		digits = digits[1:]
	}
	var n int64
	for _, c := range digits {
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// float64 is the nearest double. What is too large is refused, and so is an integer
// that the nearest double would silently change.
func (t *token) float64() (float64, bool) {
	whole, ok := t.numeric()
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(alias(t.text), 64)
	if err != nil {
		return 0, false
	}
	if n, fits := t.int64(); whole && fits {
		return f, f < math.MaxInt64 && int64(f) == n
	}
	return f, true
}

// alias is the bytes as a string, for calls that keep neither.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
