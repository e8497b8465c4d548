package column

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Value returns a value as expressions see it: nil, int, float64, bool, string, time.Time, or a []any of these.
func (c *Column) Value(i int) any {
	if c.isNull(i) {
		return nil
	}
	if c.layout == list {
		from, to := c.span(i)
		values := make([]any, to-from)
		for j := range values {
			values[j] = c.Elements.Value(from + j)
		}
		return values
	}
	switch c.typ.Kind {
	case schemas.Int32:
		return int(int32(c.data.at32(i)))
	case schemas.Int64:
		return int(c.data.at64(i))
	case schemas.Float64:
		return math.Float64frombits(c.data.at64(i))
	case schemas.Bool:
		return c.data.bit(i)
	case schemas.Timestamp:
		return time.UnixMicro(int64(c.data.at64(i))).UTC()
	case schemas.Date:
		return time.Unix(int64(int32(c.data.at32(i)))*24*60*60, 0).UTC()
	}
	return string(c.bytes(i))
}

// AppendValue appends the result of an expression in the column's type. After an
// error, the caller must truncate the column.
func (c *Column) AppendValue(value any) error {
	if c.layout != list {
		return c.appendValue(value, "the column")
	}
	if value == nil {
		if !c.typ.Nullable {
			return errors.New("it gives null, and the column is not nullable")
		}
		c.AppendNull()
		return nil
	}
	values := reflect.ValueOf(value)
	if k := values.Kind(); k != reflect.Slice && k != reflect.Array {
		return fmt.Errorf("it gives %T, not a list", value)
	}
	for i := range values.Len() {
		if err := c.Elements.appendValue(values.Index(i).Interface(), "the list's elements"); err != nil {
			return err
		}
	}
	c.EndList()
	return nil
}

func (c *Column) appendValue(value any, where string) error {
	if value == nil {
		if !c.typ.Nullable {
			return fmt.Errorf("it gives null where %s may not be null", where)
		}
		c.AppendNull()
		return nil
	}
	ok := false
	switch c.typ.Kind {
	case schemas.String, schemas.Enum:
		var s string
		s, ok = value.(string)
		ok = ok && c.Fits(len(s))
		c.AppendText([]byte(s))
	case schemas.JSON:
		text, err := json.Marshal(value, json.Deterministic(true))
		ok = err == nil && c.Fits(len(text))
		c.AppendText(text)
	case schemas.Bool:
		var b bool
		b, ok = value.(bool)
		c.AppendBool(b)
	case schemas.Timestamp, schemas.Date:
		ok = c.appendTime(value)
	default:
		ok = c.appendNumber(value)
	}
	if !ok {
		return fmt.Errorf("%s does not fit %s", jsonscan.Clip(fmt.Append(nil, value)), c.typ.Kind)
	}
	return nil
}

// appendTime refuses times that a column of microseconds, or of days, cannot hold.
func (c *Column) appendTime(value any) bool {
	const day = 24 * 60 * 60 * 1_000_000
	t, ok := value.(time.Time)
	if !ok || t.Nanosecond()%1000 != 0 || t.Year() < 0 || t.Year() > 9999 {
		return false
	}
	us := t.UnixMicro()
	if c.typ.Kind == schemas.Timestamp {
		c.Append64(uint64(us))
		return true
	}
	c.Append32(uint32(us / day))
	return us%day == 0
}

// appendNumber refuses fractions in integers, numbers out of range, infinities and
// NaN. No text format can write the last two.
func (c *Column) appendNumber(value any) bool {
	n, f := int64(0), 0.0
	whole := true
	switch x := reflect.ValueOf(value); {
	case x.CanInt():
		n = x.Int()
		f = float64(n)
	case x.CanFloat():
		f = x.Float()
		n = int64(f)
		whole = f == math.Trunc(f) && math.Abs(f) <= 1<<53
	default:
		return false
	}
	switch c.typ.Kind {
	case schemas.Float64:
		c.AppendFloat(f)
		return !math.IsNaN(f) && !math.IsInf(f, 0)
	case schemas.Int32:
		c.Append32(uint32(n))
		return whole && n >= math.MinInt32 && n <= math.MaxInt32
	}
	c.Append64(uint64(n))
	return whole
}
