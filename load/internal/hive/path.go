// Package hive writes and reads the folder names of partitions, as Hive, Spark and DuckDB have them: column=value. It
// takes columns and values and gives a path, or the other way round. It never touches a disk.
package hive

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// Null is the folder name of a null or empty value, as in Hive and Spark.
const Null = "__HIVE_DEFAULT_PARTITION__"

// maxName is the maximum length of a name on common file systems in bytes.
const maxName = 255

// Path is the folder of a partition below its table, for example evidence_level=A/year=2015. A nil value is null. No
// value leads outside the table's folder.
func Path(columns []string, values []*string) (string, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = Escape(c) + "=" + valueText(values[i])
		if len(names[i]) > maxName {
			return "", fmt.Errorf("partition column %s: the folder %.40q… would have a name of %d bytes, and the "+
				"maximum is %d: partition by another column", c, names[i], len(names[i]), maxName)
		}
	}
	return strings.Join(names, "/"), nil
}

func valueText(value *string) string {
	if value == nil || *value == "" {
		return Null
	}
	// Spark would read Null as a null, and DuckDB NULL too. With one letter encoded, both read the text.
	if v := *value; strings.EqualFold(v, "NULL") || v == Null {
		return fmt.Sprintf("%%%02X", v[0]) + Escape(v[1:])
	}
	return Escape(*value)
}

// Escape percent-encodes the characters that Spark's ExternalCatalogUtils.escapePathName encodes, and NUL.
func Escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == 0x7f || strings.IndexByte(`"#%'*/:=?\{[]^`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Text returns the text of a column's values: as Spark casts them to string, and a timestamp with its zone, so that
// sessions in any time zone read the same instant. A list is an error.
func Text(c schemas.Column, a arrow.Array) (textio.Cell, error) {
	switch a := a.(type) {
	case *array.Float64:
		return func(dst []byte, i int) ([]byte, error) { return append(dst, javaDouble(a.Value(i))...), nil }, nil
	case *array.List:
		return nil, fmt.Errorf("partition column %s is a list: partition by a column with one value per row", c.Name)
	}
	return textio.Scalar(a)
}

// javaDouble is Java's Double.toString: no exponent from 0.001 to ten million, and always a digit after the point.
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
