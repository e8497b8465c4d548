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

// Value returns a row as expressions see it: nil, int, float64, bool, string,
// time.Time, or a []any of these.
func (c *Column) Value(row int) any {
	if c.isNull(row) {
		return nil
	}
	if !c.list {
		return c.Values.value(c.kind, row)
	}
	from, to := int(c.ends.at32(row)), int(c.ends.at32(row+1))
	list := make([]any, to-from)
	for i := range list {
		list[i] = c.Values.value(c.kind, from+i)
	}
	return list
}

func (v *Vector) value(k schemas.Kind, i int) any {
	if v.isNull(i) {
		return nil
	}
	switch k {
	case schemas.Int32:
		return int(int32(v.data.at32(i)))
	case schemas.Int64:
		return int(v.data.at64(i))
	case schemas.Float64:
		return math.Float64frombits(v.data.at64(i))
	case schemas.Bool:
		return v.data.bit(i)
	case schemas.Timestamp:
		return time.UnixMicro(int64(v.data.at64(i))).UTC()
	case schemas.Date:
		return time.Unix(int64(int32(v.data.at32(i)))*24*60*60, 0).UTC()
	}
	return string(v.bytes(i))
}

// AppendValue appends the result of an expression in the column's type. After an
// error, the caller must truncate the column.
func (c *Column) AppendValue(value any) error {
	if !c.list {
		return c.Values.appendValue(value, c.kind, "the column")
	}
	if value == nil {
		if !c.null {
			return errors.New("it gives null, and the column is not nullable")
		}
		c.AppendNull()
		return nil
	}
	list := reflect.ValueOf(value)
	if k := list.Kind(); k != reflect.Slice && k != reflect.Array {
		return fmt.Errorf("it gives %T, not a list", value)
	}
	for i := range list.Len() {
		if err := c.Values.appendValue(list.Index(i).Interface(), c.kind, "the list's elements"); err != nil {
			return err
		}
	}
	c.EndList()
	return nil
}

func (v *Vector) appendValue(value any, k schemas.Kind, where string) error {
	if value == nil {
		if !v.null {
			return fmt.Errorf("it gives null where %s may not be null", where)
		}
		v.AppendNull()
		return nil
	}
	ok := false
	switch k {
	case schemas.String, schemas.Enum:
		var s string
		if s, ok = value.(string); ok {
			ok = v.appendString([]byte(s))
		}
	case schemas.JSON:
		if text, err := json.Marshal(value, json.Deterministic(true)); err == nil {
			ok = v.appendString(text)
		}
	case schemas.Bool:
		var b bool
		if b, ok = value.(bool); ok {
			v.AppendBool(b)
		}
	case schemas.Timestamp, schemas.Date:
		ok = v.appendTime(value, k)
	default:
		ok = v.appendNumber(value, k)
	}
	if !ok {
		return fmt.Errorf("%s does not fit %s", jsonscan.Clip(fmt.Append(nil, value)), k)
	}
	return nil
}

func (v *Vector) appendString(s []byte) bool {
	if !v.Fits(len(s)) {
		return false
	}
	v.AppendText(s)
	return true
}

// appendTime refuses times that a column of microseconds, or of days, cannot hold.
func (v *Vector) appendTime(value any, k schemas.Kind) bool {
	const day = 24 * 60 * 60 * 1_000_000
	t, ok := value.(time.Time)
	if !ok || t.Nanosecond()%1000 != 0 || t.Year() < 0 || t.Year() > 9999 {
		return false
	}
	us := t.UnixMicro()
	if k == schemas.Timestamp {
		v.Append64(uint64(us))
		return true
	}
	v.Append32(uint32(us / day))
	return us%day == 0
}

// appendNumber refuses fractions in integers, numbers out of range, infinities and
// NaN. No text format can write the last two.
func (v *Vector) appendNumber(value any, k schemas.Kind) bool {
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
	switch k {
	case schemas.Float64:
		v.Append64(math.Float64bits(f))
		return !math.IsNaN(f) && !math.IsInf(f, 0)
	case schemas.Int32:
		v.Append32(uint32(n))
		return whole && n >= math.MinInt32 && n <= math.MaxInt32
	}
	v.Append64(uint64(n))
	return whole
}
