package column

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

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
	elements, isList := value.([]any)
	if !isList {
		return fmt.Errorf("it gives %s, not a list", show(value))
	}
	for _, element := range elements {
		if err := c.Elements.appendValue(element, "the list's elements"); err != nil {
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
		if s, ok = value.(string); ok && !utf8.ValidString(s) {
			return errors.New("it gives text that is not UTF-8")
		}
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
		return c.appendTime(value)
	default:
		ok = c.appendNumber(value)
	}
	if !ok {
		return c.misfit(value)
	}
	return nil
}

func (c *Column) misfit(value any) error {
	return fmt.Errorf("%s does not fit %s", show(value), c.typ.Kind)
}

// show writes a value in a message, as JSON if it is a list or an object.
func show(value any) string {
	switch value := value.(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case []any, map[string]any, map[any]any:
		text, err := json.Marshal(value, json.Deterministic(true))
		if err != nil {
			return "a value that JSON cannot hold"
		}
		return jsonscan.Clip(text)
	}
	return jsonscan.Clip(fmt.Append(nil, value))
}

// appendTime refuses times that a column of microseconds cannot hold. A date is the day of the time in UTC.
func (c *Column) appendTime(value any) error {
	t, ok := value.(time.Time)
	t = t.UTC()
	switch {
	case !ok || c.typ.Kind == schemas.Timestamp && t.Nanosecond()%1000 != 0:
		return c.misfit(value)
	case t.Year() < 1 || t.Year() > 9999:
		return fmt.Errorf("%s is outside the years 1 to 9999 in UTC", show(value))
	case c.typ.Kind == schemas.Timestamp:
		c.Append64(uint64(t.UnixMicro()))
		return nil
	}
	const day = 24 * 60 * 60
	days := t.Unix() / day
	if t.Unix()%day < 0 {
		days--
	}
	c.Append32(uint32(days))
	return nil
}

// appendNumber refuses fractions in integers, numbers out of range, infinities and
// NaN. No text format can write the last two.
func (c *Column) appendNumber(value any) bool {
	n, f := int64(0), 0.0
	whole := true
	switch x := value.(type) {
	case float64:
		f = x
		n = int64(f)
		whole = f == math.Trunc(f) && math.Abs(f) <= 1<<53
	case int:
		n = int64(x)
	case time.Duration:
		n = int64(x)
	case time.Month:
		n = int64(x)
	case time.Weekday:
		n = int64(x)
	default:
		return false
	}
	if _, isFraction := value.(float64); !isFraction {
		f = float64(n)
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
