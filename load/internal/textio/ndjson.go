package textio

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// newNDJSONEncoder writes one JSON object a line: keys in column order, nulls written, times as RFC 3339.
func newNDJSONEncoder(out io.WriteCloser, columns []schemas.Column) (*Encoder, error) {
	e := &Encoder{out: out, after: []byte("}\n")}
	e.cell = func(d *digest.Digest, a arrow.Array) (Cell, error) {
		if err := d.Add(a); err != nil {
			return nil, err
		}
		return jsonCell(a)
	}
	punctuation := byte('{')
	for _, c := range columns {
		key, err := jsontext.AppendQuote([]byte{punctuation}, c.Name)
		if err != nil {
			return nil, fmt.Errorf("column name %q: %w", c.Name, err)
		}
		e.before = append(e.before, slices.Grow(append(key, ':'), 32))
		e.digests = append(e.digests, digest.New(c.Type.Arrow()))
		punctuation = ','
	}
	return e, nil
}

func jsonCell(a arrow.Array) (Cell, error) {
	if text, ok := a.(*array.String); ok {
		return jsonText(text), nil
	}
	nulls := nullsOf(a)
	if numbers, ok := a.(*array.Int64); ok {
		return func(dst []byte, i int) ([]byte, error) {
			if nulls.at(i) {
				return append(dst, "null"...), nil
			}
			return strconv.AppendInt(dst, numbers.Value(i), 10), nil
		}, nil
	}
	value, err := JSONValue(a)
	return func(dst []byte, i int) ([]byte, error) {
		if nulls.at(i) {
			return append(dst, "null"...), nil
		}
		return value(dst, i)
	}, err
}

func jsonText(a *array.String) Cell {
	column := newTextColumn(a, unescaped)
	return func(dst []byte, i int) ([]byte, error) {
		if column.nulls.at(i) {
			return append(dst, "null"...), nil
		}
		value, clean := column.at(i)
		if !clean {
			return appendJSONString(dst, value), nil
		}
		return append(values.Append(append(dst, '"'), value), '"'), nil
	}
}

// JSONValue returns the JSON of an array's values, which must not be null.
func JSONValue(a arrow.Array) (Cell, error) {
	switch a := a.(type) {
	case *array.String:
		return jsonText(a), nil
	case *array.List:
		return jsonList(a)
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return appendJSONNumber(dst, a.Value(i)) }, nil
	case *array.Timestamp, *array.Date32:
		text, err := Scalar(a)
		return func(dst []byte, i int) ([]byte, error) {
			dst, err := text(append(dst, '"'), i)
			return append(dst, '"'), err
		}, err
	default:
		return Scalar(a)
	}
}

func jsonList(a *array.List) (Cell, error) {
	element, err := jsonCell(a.ListValues())
	return func(dst []byte, i int) ([]byte, error) {
		start, end := a.ValueOffsets(i)
		dst = append(dst, '[')
		for j := int(start); j < int(end); j++ {
			if j > int(start) {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = element(dst, j); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	}, err
}

// appendJSONString appends s in quotes with as few escapes as JSON allows. It copies
// invalid UTF-8, which the check of the file finds.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for {
		n := unescaped(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
	}
}

// unescaped is how many bytes of b need no escape.
func unescaped(b []byte) int {
	i := 0
	for ; i+16 <= len(b); i += 16 {
		v, w := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		first, second := unusual(v)|slashes(v), unusual(w)|slashes(w)
		if first|second != 0 {
			n := bits.TrailingZeros64(first) / 8 // 8 if there is none
			return i + n + bits.TrailingZeros64(second)/8&-(n/8)
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

func slashes(w uint64) uint64 { return ((w ^ eachSlash) - eachByte) &^ w & eachHigh }

func appendEscape(dst []byte, c byte) []byte {
	const short = "\b\f\n\r\t\"\\"
	const letter = `bfnrt"\`
	for i := range len(short) {
		if short[i] == c {
			return append(dst, '\\', letter[i])
		}
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

func appendJSONNumber(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, fmt.Errorf("JSON has no number for %v", f)
	}
	return AppendFloat(dst, f), nil
}
