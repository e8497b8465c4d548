package transform

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// get is a row's value as expressions see it.
func (c *column) get(row int) any {
	if c.isNull(row) {
		return nil
	}
	if !c.list {
		return c.values.get(c.kind, row)
	}
	from, to := int(c.ends.at32(row)), int(c.ends.at32(row+1))
	list := make([]any, to-from)
	for i := range list {
		list[i] = c.values.get(c.kind, from+i)
	}
	return list
}

func (v *vector) get(k schemas.Kind, i int) any {
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

// put appends what an expression gave, in the column's type.
func (c *column) put(value any, t schemas.Type) error {
	if !c.list {
		return c.values.put(value, c.kind, "the column")
	}
	if value == nil {
		if !t.Nullable {
			return errors.New("it gives null, and the column is not nullable")
		}
		c.putNull()
		return nil
	}
	list := reflect.ValueOf(value)
	if k := list.Kind(); k != reflect.Slice && k != reflect.Array {
		return fmt.Errorf("it gives %T, not a list", value)
	}
	for i := range list.Len() {
		if err := c.values.put(list.Index(i).Interface(), c.kind, "the list's elements"); err != nil {
			return err
		}
	}
	c.endList()
	return nil
}

func (v *vector) put(value any, k schemas.Kind, where string) error {
	if value == nil {
		if !v.null {
			return fmt.Errorf("it gives null where %s may not be null", where)
		}
		v.putNull()
		return nil
	}
	ok := false
	switch k {
	case schemas.String, schemas.Enum:
		var s string
		if s, ok = value.(string); ok {
			ok = v.putString(s)
		}
	case schemas.JSON:
		if j, err := json.Marshal(value, json.Deterministic(true)); err == nil {
			ok = v.putString(string(j))
		}
	case schemas.Bool:
		var b bool
		if b, ok = value.(bool); ok {
			v.putBool(b)
		}
	case schemas.Timestamp, schemas.Date:
		ok = v.putTime(value, k)
	default:
		ok = v.putNumber(value, k)
	}
	if !ok {
		return fmt.Errorf("%s does not fit %s", jsonscan.Clip(fmt.Append(nil, value)), k)
	}
	return nil
}

func (v *vector) putString(s string) bool {
	if !v.room(len(s)) {
		return false
	}
	v.text([]byte(s))
	return true
}

// putTime refuses what a column of microseconds, or of days, cannot hold.
func (v *vector) putTime(value any, k schemas.Kind) bool {
	t, ok := value.(time.Time)
	if !ok || t.Nanosecond()%1000 != 0 || t.Year() < 0 || t.Year() > 9999 {
		return false
	}
	us := t.UnixMicro()
	if k == schemas.Timestamp {
		v.put64(uint64(us))
		return true
	}
	v.put32(uint32(floorDiv(us, microsOfDay)))
	return us%microsOfDay == 0
}

// putNumber refuses fractions in integers, what is out of range, and doubles that are no
// number: no text format can write those.
func (v *vector) putNumber(value any, k schemas.Kind) bool {
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
	switch {
	case k == schemas.Float64:
		v.put64(math.Float64bits(f))
		return !math.IsNaN(f) && !math.IsInf(f, 0)
	case k == schemas.Int32:
		v.put32(uint32(n))
		return whole && n >= math.MinInt32 && n <= math.MaxInt32
	}
	v.put64(uint64(n))
	return whole
}

// text is the function string of expressions: null stays null, a number reads as in JSON,
// a time as in RFC 3339, a list is JSON.
func text(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("string takes one value, not %d", len(args))
	}
	switch x := args[0].(type) {
	case nil:
		return nil, nil
	case string:
		return x, nil
	case int:
		return strconv.Itoa(x), nil
	case time.Time:
		return x.Format(time.RFC3339Nano), nil
	case fmt.Stringer:
		return x.String(), nil
	}
	j, err := json.Marshal(args[0], json.Deterministic(true))
	return string(j), err
}
