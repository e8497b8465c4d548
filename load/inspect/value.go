package inspect

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
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
		return DecimalText(v, int(d.Scale()))
	}
	if c.PhysicalType() == parquet.Types.ByteArray && utf8.Valid(raw) {
		return string(raw)
	}
	return "0x" + hex.EncodeToString(raw)
}

// DecimalText is v / 10^scale.
func DecimalText(v *big.Int, scale int) string {
	if scale < 0 || scale > 100 { // the footer is not trusted
		return v.String() + "e" + strconv.Itoa(-scale)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return new(big.Rat).SetFrac(v, unit).FloatString(scale)
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
		return DecimalText(big.NewInt(v), int(l.Scale()))
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
