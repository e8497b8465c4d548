package published

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/textio"
)

// Form is how Canonical writes values.
type Form uint8

// The forms of values.
const (
	AsJSON   Form = iota
	AsNumber      // JSON; a double without a fraction is written as an integer, to be compared with one
	AsText        // a JSON string of the text in TSV
)

// Canonical returns a column's values as JSON that is the same for equal values: minus zero is zero, NaN and the
// infinities are strings.
func Canonical(a arrow.Array, form Form) (textio.Cell, error) {
	value, err := canonicalValue(a, form)
	return func(dst []byte, i int) ([]byte, error) {
		if a.IsNull(i) {
			return append(dst, "null"...), nil
		}
		return value(dst, i)
	}, err
}

func canonicalValue(a arrow.Array, form Form) (textio.Cell, error) {
	if form == AsText {
		text, err := textio.TSVValue(a)
		var scratch []byte
		return func(dst []byte, i int) ([]byte, error) {
			var err error
			if scratch, err = text(scratch[:0], i); err != nil {
				return dst, err
			}
			return QuoteJSON(dst, scratch), nil
		}, err
	}
	switch a := a.(type) {
	case *array.Timestamp:
		if !arrow.TypeEqual(a.DataType(), arrow.FixedWidthTypes.Timestamp_us) {
			return nil, fmt.Errorf("no column may hold %s", a.DataType())
		}
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) {
			v := a.Value(i) + 0 // minus zero becomes zero
			if v-v != 0 {
				return QuoteJSON(dst, textio.AppendFloat(nil, v)), nil
			}
			dst = textio.AppendFloat(dst, v)
			if form == AsNumber {
				dst = bytes.TrimSuffix(dst, []byte(".0"))
			}
			return dst, nil
		}, nil
	case *array.List:
		element, err := Canonical(a.ListValues(), form)
		return func(dst []byte, i int) ([]byte, error) {
			start, end := a.ValueOffsets(i)
			dst = append(dst, '[')
			for j := start; j < end; j++ {
				if j > start {
					dst = append(dst, ',')
				}
				var err error
				if dst, err = element(dst, int(j)); err != nil {
					return dst, err
				}
			}
			return append(dst, ']'), nil
		}, err
	}
	return textio.JSONValue(a)
}

// QuoteJSON appends a text as a JSON string. Invalid UTF-8 is replaced.
func QuoteJSON(dst, text []byte) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}
