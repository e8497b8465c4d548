package load

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/civic-etl/civic-etl/load/internal/textio"
)

// limit is a bound of a column's values: as a number, where it is one, to be
// compared, and as text to be shown.
type limit struct {
	number float64
	whole  int64
	text   string
}

func (l limit) less(m limit) bool {
	return cmp.Or(cmp.Compare(l.number, m.number), cmp.Compare(l.whole, m.whole), cmp.Compare(l.text, m.text)) < 0
}

// bound reads a value as statistics have it.
func bound(c *schema.Column, raw []byte) limit {
	switch t := c.PhysicalType(); {
	case t == parquet.Types.Int32 && len(raw) == 4:
		v := int64(int32(binary.LittleEndian.Uint32(raw)))
		return limit{whole: v, text: integerText(c, v)}
	case t == parquet.Types.Int64 && len(raw) == 8:
		v := int64(binary.LittleEndian.Uint64(raw))
		return limit{whole: v, text: integerText(c, v)}
	case t == parquet.Types.Double && len(raw) == 8:
		v := math.Float64frombits(binary.LittleEndian.Uint64(raw))
		return limit{number: v, text: string(textio.AppendFloat(nil, v))}
	case t == parquet.Types.Float && len(raw) == 4:
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		return limit{number: v, text: strconv.FormatFloat(v, 'g', -1, 32)}
	case t == parquet.Types.Boolean && len(raw) == 1:
		return limit{text: strconv.FormatBool(raw[0] != 0)}
	}
	return limit{text: bytesText(c, raw)}
}

// bytesText is the text of a value that is bytes.
func bytesText(c *schema.Column, raw []byte) string {
	if d, ok := c.LogicalType().(schema.DecimalLogicalType); ok && len(raw) > 0 {
		v := new(big.Int).SetBytes(raw)
		if raw[0] >= 0x80 { // two's complement
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
		}
		return decimalText(v, int(d.Scale()))
	}
	if c.PhysicalType() == parquet.Types.ByteArray && utf8.Valid(raw) {
		return string(raw)
	}
	return "0x" + hex.EncodeToString(raw)
}

// decimalText sets the point of a number so many digits before its end.
func decimalText(v *big.Int, scale int) string {
	text, sign := v.String(), ""
	switch {
	case scale <= 0:
		return text
	case scale > 100: // a footer may say anything
		return text + "e-" + strconv.Itoa(scale)
	}
	if v.Sign() < 0 {
		text, sign = text[1:], "-"
	}
	text = strings.Repeat("0", max(0, scale+1-len(text))) + text
	return sign + text[:len(text)-scale] + "." + text[len(text)-scale:]
}

func integerText(c *schema.Column, v int64) string {
	switch l := c.LogicalType().(type) {
	case schema.DateLogicalType:
		return time.Unix(v*86_400, 0).UTC().Format(time.DateOnly)
	case schema.TimestampLogicalType:
		switch l.TimeUnit() {
		case schema.TimeUnitMillis:
			return time.UnixMilli(v).UTC().Format(time.RFC3339Nano)
		case schema.TimeUnitMicros:
			return time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
		default:
			return time.Unix(0, v).UTC().Format(time.RFC3339Nano)
		}
	case schema.DecimalLogicalType:
		return decimalText(big.NewInt(v), int(l.Scale()))
	case schema.IntLogicalType:
		switch {
		case l.IsSigned():
		case c.PhysicalType() == parquet.Types.Int32:
			return strconv.FormatUint(uint64(uint32(v)), 10)
		default:
			return strconv.FormatUint(uint64(v), 10)
		}
	}
	return strconv.FormatInt(v, 10)
}

// appendLeaf appends a value of any physical type as JSON.
func appendLeaf(dst []byte, c *schema.Column, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int32:
		return appendInteger(dst, c, int64(v))
	case int64:
		return appendInteger(dst, c, v)
	case float32:
		return appendFloating(dst, float64(v), 32)
	case float64:
		return appendFloating(dst, v, 64)
	case parquet.Int96:
		return quoteJSON(dst, []byte(v.ToTime().Format(time.RFC3339Nano)))
	case parquet.ByteArray:
		return quoteJSON(dst, []byte(bytesText(c, v)))
	case parquet.FixedLenByteArray:
		return quoteJSON(dst, []byte(bytesText(c, v)))
	}
	return append(dst, "null"...)
}

// appendInteger appends a number as one, but what a date or the like is as text.
func appendInteger(dst []byte, c *schema.Column, v int64) []byte {
	switch c.LogicalType().(type) {
	case schema.DateLogicalType, schema.TimestampLogicalType, schema.DecimalLogicalType:
		return quoteJSON(dst, []byte(integerText(c, v)))
	}
	return append(dst, integerText(c, v)...)
}

func appendFloating(dst []byte, v float64, bits int) []byte {
	v += 0 // minus zero becomes zero
	switch {
	case v-v != 0: // JSON has no number for it
		return quoteJSON(dst, textio.AppendFloat(nil, v))
	case bits == 32:
		return strconv.AppendFloat(dst, v, 'g', -1, bits)
	}
	return textio.AppendFloat(dst, v)
}
