package load

import (
	"context"
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
	"github.com/civic-etl/civic-etl/schemas"
)

// ndjsonEncoder writes one JSON object a line: keys in column order, nulls
// written, times as RFC 3339.
type ndjsonEncoder struct {
	out     io.WriteCloser
	keys    [][]byte // with the punctuation before and after
	digests []*digest.Digest
	buf     []byte
}

// textBuffer is how much text is collected before it is handed on.
const textBuffer = 64 << 10

func newNDJSONEncoder(w io.WriteCloser, columns []schemas.Column) (*ndjsonEncoder, error) {
	e := &ndjsonEncoder{out: w}
	punctuation := byte('{')
	for _, c := range columns {
		key, err := jsontext.AppendQuote([]byte{punctuation}, c.Name)
		if err != nil {
			return nil, fmt.Errorf("column name %q: %w", c.Name, err)
		}
		e.keys = append(e.keys, slices.Grow(append(key, ':'), 32))
		e.digests = append(e.digests, digest.New(c.Type.Arrow()))
		punctuation = ','
	}
	return e, nil
}

// Write appends the batch's rows.
func (e *ndjsonEncoder) Write(ctx context.Context, batch arrow.RecordBatch) error {
	cells := make([]cell, batch.NumCols())
	for i, a := range batch.Columns() {
		if err := e.digests[i].Add(a); err != nil {
			return err
		}
		var err error
		if cells[i], err = jsonCell(a); err != nil {
			return err
		}
	}
	for row := range int(batch.NumRows()) {
		for i, key := range e.keys {
			e.buf = digest.AppendBytes(e.buf, key)
			var err error
			if e.buf, err = cells[i](e.buf, row); err != nil {
				return fmt.Errorf("column %s, row %d of the batch: %w", batch.ColumnName(i), row+1, err)
			}
		}
		e.buf = append(e.buf, '}', '\n')
		if len(e.buf) >= textBuffer {
			if err := e.hand(ctx); err != nil {
				return err
			}
		}
	}
	return e.hand(ctx)
}

func (e *ndjsonEncoder) hand(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := e.out.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

// Close ends the text. The sink stays open.
func (e *ndjsonEncoder) Close(context.Context) error { return e.out.Close() }

func (e *ndjsonEncoder) sums() []digest.Sum { return digest.Sums(e.digests) }

// cell appends the text of one row's value.
type cell func(dst []byte, row int) ([]byte, error)

func jsonCell(a arrow.Array) (cell, error) {
	nulls := nullsOf(a)
	switch a := a.(type) {
	case *array.String:
		return jsonText(a), nil
	case *array.Int64:
		values := a.Int64Values()
		return func(dst []byte, i int) ([]byte, error) {
			if nulls.at(i) {
				return append(dst, "null"...), nil
			}
			return strconv.AppendInt(dst, values[i], 10), nil
		}, nil
	}
	value, err := jsonValue(a)
	return func(dst []byte, i int) ([]byte, error) {
		if nulls.at(i) {
			return append(dst, "null"...), nil
		}
		return value(dst, i)
	}, err
}

func jsonText(a *array.String) cell {
	column := newTextColumn(a, unescaped)
	return func(dst []byte, i int) ([]byte, error) {
		if column.nulls.at(i) {
			return append(dst, "null"...), nil
		}
		value, plain := column.at(i)
		if !plain {
			return appendJSONString(dst, value), nil
		}
		return append(digest.AppendBytes(append(dst, '"'), value), '"'), nil
	}
}

// jsonValue gives the text of values that are not null.
func jsonValue(a arrow.Array) (cell, error) {
	switch a := a.(type) {
	case *array.String:
		return jsonText(a), nil
	case *array.List:
		return jsonList(a)
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return appendJSONNumber(dst, a.Value(i)) }, nil
	case *array.Timestamp, *array.Date32:
		text, err := plainText(a)
		return func(dst []byte, i int) ([]byte, error) {
			dst, err := text(append(dst, '"'), i)
			return append(dst, '"'), err
		}, err
	default:
		return plainText(a)
	}
}

func jsonList(a *array.List) (cell, error) {
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

// appendJSONString appends s quoted. Only what must be escaped is; a string
// that is not UTF-8 goes through and is caught when the file is re-read.
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
	return appendFloat(dst, f), nil
}

// appendFloat appends the shortest text that reads back as f, as JavaScript
// and JSON libraries print it.
func appendFloat(dst []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' { // e-07 is e-7
			dst = append(dst[:n-2], dst[n-1])
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
