package load

import (
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// plainText gives the text of values that look the same in NDJSON and TSV,
// without quotes. The values asked for must not be null.
func plainText(a arrow.Array) (cell, error) {
	switch a := a.(type) {
	case *array.String:
		return func(dst []byte, i int) ([]byte, error) { return append(dst, a.Value(i)...), nil }, nil
	case *array.Int32:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendInt(dst, int64(a.Value(i)), 10), nil }, nil
	case *array.Int64:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendInt(dst, a.Value(i), 10), nil }, nil
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return appendFloat(dst, a.Value(i)), nil }, nil
	case *array.Boolean:
		return func(dst []byte, i int) ([]byte, error) { return strconv.AppendBool(dst, a.Value(i)), nil }, nil
	case *array.Timestamp:
		return func(dst []byte, i int) ([]byte, error) {
			return appendTime(dst, time.UnixMicro(int64(a.Value(i))).UTC(), time.RFC3339Nano)
		}, nil
	case *array.Date32:
		return func(dst []byte, i int) ([]byte, error) {
			return appendTime(dst, time.Unix(int64(a.Value(i))*86_400, 0).UTC(), time.DateOnly)
		}, nil
	default:
		return nil, fmt.Errorf("no column may hold %s", a.DataType())
	}
}

// appendTime refuses the years that RFC 3339 cannot write.
func appendTime(dst []byte, t time.Time, layout string) ([]byte, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return dst, fmt.Errorf("RFC 3339 cannot write the year %d", y)
	}
	return t.AppendFormat(dst, layout), nil
}
