package transform

import (
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
	"github.com/civic-etl/civic-etl/transform/internal/column"
)

// anyValue is any value but null.
const anyValue = jsonscan.String | jsonscan.Number | jsonscan.Bool | jsonscan.Object | jsonscan.Array

// wants returns the kinds of JSON value that the API may send for a wire kind.
func wants(wire schemas.Kind) jsonscan.Kind {
	switch wire {
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return jsonscan.Number
	case schemas.Bool:
		return jsonscan.Bool
	case schemas.JSON:
		return anyValue
	}
	return jsonscan.String
}

func wireWord(wire schemas.Kind) string {
	switch wants(wire) {
	case jsonscan.Number:
		return "a number"
	case jsonscan.Bool:
		return "true or false"
	}
	return "a string"
}

// converts reports whether values of a wire kind can become a column's kind.
func converts(wire, to schemas.Kind) bool {
	switch to {
	case schemas.String, schemas.JSON:
		return wire != schemas.Object
	case schemas.Enum:
		return wire == schemas.Enum || wire == schemas.String
	case schemas.Int32, schemas.Int64, schemas.Float64:
		return wants(wire) == jsonscan.Number || wire == schemas.String || wire == schemas.JSON
	case schemas.Bool:
		return wire == schemas.Bool || wire == schemas.String || wire == schemas.JSON
	case schemas.Timestamp, schemas.Date:
		return wire == schemas.Timestamp || wire == schemas.Date || wire == schemas.String || wire == schemas.JSON
	}
	return false
}

// convert appends a value in the column's type, or rejects the record, which drops the value.
func (l *leaf) convert(r *record, t *jsonscan.Token) {
	v := l.values
	ok := true
	switch l.column.Type.Kind {
	case schemas.String, schemas.Enum:
		switch {
		case !v.Fits(len(t.Text)):
			ok = false
		case t.Kind&(jsonscan.Object|jsonscan.Array) != 0: // as compact JSON
			v.AddJSON(t.Raw)
			v.EndText()
		default:
			v.AppendText(text(t))
		}
	case schemas.JSON:
		v.AddJSON(t.Raw)
		v.EndText()
	case schemas.Int32, schemas.Int64:
		var n int64
		n, ok = toInt64(t)
		ok = ok && (l.column.Type.Kind == schemas.Int64 || n == int64(int32(n)))
		v.AppendInt(int(n))
	case schemas.Float64:
		var f float64
		f, ok = toFloat64(t)
		v.AppendFloat(f)
	case schemas.Bool:
		ok = string(t.Text) == "true" || string(t.Text) == "false"
		v.AppendBool(string(t.Text) == "true")
	case schemas.Timestamp, schemas.Date:
		ok = l.appendTime(v, t)
	}
	if !ok {
		r.reject(l, l.node, misfit(t, l.column.Type.Kind))
	}
}

// misfit is the reason why a value was rejected.
func misfit(t *jsonscan.Token, to schemas.Kind) string {
	if (to == schemas.Timestamp || to == schemas.Date) && beyondYears(t.Text) {
		return jsonscan.Clip(t.Raw) + " is outside the years 1 to 9999 in UTC"
	}
	article := "a "
	if to == schemas.Int32 || to == schemas.Int64 {
		article = "an "
	}
	return fmt.Sprintf("%s does not fit %s%s", jsonscan.Clip(t.Raw), article, to)
}

func (l *leaf) appendTime(v *column.Column, t *jsonscan.Token) bool {
	us, ok := int64(0), false
	if l.column.Wire == schemas.Timestamp || l.column.Wire != schemas.Date && l.column.Type.Kind == schemas.Timestamp {
		us, ok = parseTime(t.Text)
	} else {
		us, ok = parseDate(t.Text)
	}
	if l.column.Type.Kind == schemas.Timestamp {
		v.Append64(uint64(us))
		return ok
	}
	day := us / microsOfDay
	if us%microsOfDay < 0 {
		day--
	}
	v.Append32(uint32(day))
	return ok
}

// numeric reports whether the token, or the text of a string, is a number as JSON
// writes it. Text with leading zeros, for example an ontology id, is not.
func numeric(t *jsonscan.Token) (integer, ok bool) {
	switch t.Kind {
	case jsonscan.Number:
		return t.Integer, true
	case jsonscan.String:
		s := jsonscan.Scanner{Data: t.Text}
		end, integer := s.Number(0)
		return integer, end == len(t.Text)
	}
	return false, false
}

// toInt64 converts a token to an integer. 3.0 and 2e3 are integers; 3.5 and numbers beyond 64 bits are not.
func toInt64(t *jsonscan.Token) (int64, bool) {
	whole, ok := numeric(t)
	if !ok {
		return 0, false
	}
	if !whole {
		f, err := strconv.ParseFloat(alias(t.Text), 64)
		const exact = 1 << 53
		return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= exact
	}
	if len(t.Text) > 18 {
		n, err := strconv.ParseInt(alias(t.Text), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, c := range t.Text { // twice as fast as ParseInt
		if c != '-' {
			n = n*10 + int64(c-'0')
		}
	}
	if t.Text[0] == '-' {
		n = -n
	}
	return n, true
}

// toFloat64 converts a token to the nearest double. It refuses numbers that are too
// large, and integers that the nearest double would change.
func toFloat64(t *jsonscan.Token) (float64, bool) {
	whole, ok := numeric(t)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(alias(t.Text), 64)
	if err != nil {
		return 0, false
	}
	if !whole {
		return f, true
	}
	n, fits := toInt64(t)
	return f, !fits || f < math.MaxInt64 && int64(f) == n
}

// alias views the bytes as a string, for calls that do not keep it.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
