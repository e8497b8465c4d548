package inspect

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/civic-etl/civic-etl/load/internal/textio"
)

// addStatistics adds the statistics of one row group. A group without statistics leaves the column without.
func (c *Column) addStatistics(chunk *metadata.ColumnChunkMetaData, first bool) {
	stats, err := chunk.Statistics()
	if err != nil || stats == nil {
		c.Nulls, c.unbounded = -1, true
		return
	}
	switch {
	case !stats.HasNullCount(), stats.Descr().MaxRepetitionLevel() > 0: // a list counts null elements and empty lists
		c.Nulls = -1
	case first:
		c.Nulls = stats.NullCount()
	case c.Nulls >= 0:
		c.Nulls += stats.NullCount()
	}
	switch {
	case !stats.HasMinMax():
		c.unbounded = c.unbounded || stats.NumValues() > 0 // a group of nulls has no bounds
	case c.stats == nil:
		c.stats = stats
	default:
		c.stats.Merge(stats)
	}
}

// setBounds sets Min and Max after all row groups were added.
func (c *Column) setBounds() {
	if c.stats == nil || c.unbounded {
		return
	}
	low, high := boundText(c.stats.Descr(), c.stats.EncodeMin()), boundText(c.stats.Descr(), c.stats.EncodeMax())
	c.Min, c.Max = &low, &high
}

// boundText is the text of a value in the encoding of statistics.
func boundText(c *schema.Column, raw []byte) string {
	switch v := metadata.GetStatValue(c.PhysicalType(), raw).(type) {
	case int32:
		return integerText(c, int64(v))
	case int64:
		return integerText(c, v)
	case float64:
		return string(textio.AppendFloat(nil, v))
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case bool:
		return strconv.FormatBool(v)
	}
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

// decimalText is v / 10^scale.
func decimalText(v *big.Int, scale int) string {
	if scale < 0 || scale > 100 { // the footer may be damaged
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
		t := time.Unix(0, v)
		switch l.TimeUnit() {
		case schema.TimeUnitMillis:
			t = time.UnixMilli(v)
		case schema.TimeUnitMicros:
			t = time.UnixMicro(v)
		}
		return t.UTC().Format(time.RFC3339Nano)
	case schema.DecimalLogicalType:
		return decimalText(big.NewInt(v), int(l.Scale()))
	case schema.IntLogicalType:
		if !l.IsSigned() {
			return strconv.FormatUint(uint64(v)<<(64-l.BitWidth())>>(64-l.BitWidth()), 10)
		}
	}
	return strconv.FormatInt(v, 10)
}
