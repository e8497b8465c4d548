package textio

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Scalar returns the text of an array's values without quotes, the same in NDJSON and TSV.
// The array must not hold lists, and the values must not be null.
func Scalar(a arrow.Array) (Cell, error) {
	switch a := a.(type) {
	case *array.String:
		return func(dst []byte, i int) ([]byte, error) { return append(dst, a.Value(i)...), nil }, nil
	case *array.Int32:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendInt(dst, int64(a.Value(i)), 10), nil }, nil
	case *array.Int64:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendInt(dst, a.Value(i), 10), nil }, nil
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return AppendFloat(dst, a.Value(i)), nil }, nil
	case *array.Boolean:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendBool(dst, a.Value(i)), nil }, nil
	case *array.Timestamp:
		return func(dst []byte, i int) ([]byte, error) {
			return AppendTime(dst, time.UnixMicro(int64(a.Value(i))).UTC(), time.RFC3339Nano)
		}, nil
	case *array.Date32:
		return func(dst []byte, i int) ([]byte, error) {
			return AppendTime(dst, time.Unix(int64(a.Value(i))*86_400, 0).UTC(), time.DateOnly)
		}, nil
	default:
		return nil, fmt.Errorf("no column may hold %s", a.DataType())
	}
}

// AppendTime appends a time in the given layout of package time. A year that RFC 3339 cannot write is an error.
func AppendTime(dst []byte, t time.Time, layout string) ([]byte, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return dst, fmt.Errorf("RFC 3339 cannot write the year %d", y)
	}
	return t.AppendFormat(dst, layout), nil
}

// AppendFloat appends the shortest text that reads back as f. A number always has a point, as in 3.0 and 1.0e+300:
// readers would take a column of whole numbers without points for integers.
func AppendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return appendExponent(dst, f)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendExponent appends f as in 1.0e-7. NaN and the infinities have no exponent.
func appendExponent(dst []byte, f float64) []byte {
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' { // e-07 is e-7
		dst = append(dst[:n-2], dst[n-1])
	}
	if at := bytes.IndexByte(dst[from:], 'e'); at > 0 && !bytes.ContainsRune(dst[from:], '.') {
		dst = slices.Insert(dst, from+at, '.', '0')
	}
	return dst
}
