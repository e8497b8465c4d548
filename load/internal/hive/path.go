package hive

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// Null is the value of a partition column that is null, or empty: as
// Hive and Spark have it, neither can stand in a path.
const Null = "__HIVE_DEFAULT_PARTITION__"

// maxName is how many bytes a name may have on the usual file systems.
const maxName = 255

// Value is one value of a partition column, as text.
type Value struct {
	Text string
	Null bool
}

// Path is the folder of one partition below its table, such as
// evidence_level=A/year=2015. No value can make it leave the table's folder.
func Path(columns []string, values []Value) (string, error) {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteByte('/')
		}
		name := Escape(c) + "=" + valueText(values[i])
		if len(name) > maxName {
			return "", fmt.Errorf("partition column %s: the folder of the value %.40q… would have a name of %d bytes, and a name holds %d: partition by another column", c, values[i].Text, len(name), maxName)
		}
		b.WriteString(name)
	}
	return b.String(), nil
}

func valueText(v Value) string {
	if v.Null || v.Text == "" {
		return Null
	}
	// Spark would write these two as they are, and read the one as a null; DuckDB
	// the other too. With one letter encoded both read the text.
	if strings.EqualFold(v.Text, "NULL") || v.Text == Null {
		return fmt.Sprintf("%%%02X", v.Text[0]) + Escape(v.Text[1:])
	}
	return Escape(v.Text)
}

// Escape percent-encodes what Spark's ExternalCatalogUtils.escapePathName
// does, and NUL, which no path can hold.
func Escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; needsEscape(c) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func needsEscape(c byte) bool {
	return c < 0x20 || c == 0x7f || strings.IndexByte(`"#%'*/:=?\{[]^`, c) >= 0
}

// Text gives the text of a column's values as Spark casts them to
// string. Lists cannot be partitioned by.
func Text(c schemas.Column, a arrow.Array) (textio.Cell, error) {
	switch a := a.(type) {
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return append(dst, javaDouble(a.Value(i))...), nil }, nil
	case *array.Timestamp:
		return func(dst []byte, i int) ([]byte, error) {
			return textio.AppendTime(dst, time.UnixMicro(int64(a.Value(i))).UTC(), "2006-01-02 15:04:05.999999")
		}, nil
	case *array.List:
		return nil, fmt.Errorf("partition column %s is a list: partition by a column with one value a row", c.Name)
	}
	return textio.Scalar(a)
}

// javaDouble is Java's Double.toString: plain from a thousandth to ten million,
// with an exponent beyond, and always a digit after the point.
func javaDouble(f float64) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		return withPoint(strconv.FormatFloat(f, 'f', -1, 64))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	sign := strings.TrimSuffix(exponent[:1], "+")
	return withPoint(mantissa) + "E" + sign + strings.TrimLeft(exponent[1:], "0")
}

func withPoint(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	return s + ".0"
}
