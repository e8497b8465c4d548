package eval

import (
	"fmt"
	"time"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// KindOf names the kind of a value in messages.
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a truth value"
	case int, float64, time.Month, time.Weekday:
		return "a number"
	case string:
		return "a text"
	case time.Time:
		return "a timestamp"
	case time.Duration:
		return "a duration"
	case []any:
		return "a list"
	}
	return "an object"
}

// show writes a value in a message.
func show(v any) string {
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	return jsonscan.Clip(fmt.Append(nil, v))
}

// integer reads an integer. Months and days of the week count as integers.
func integer(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case time.Month:
		return int(v), true
	case time.Weekday:
		return int(v), true
	}
	return 0, false
}

func number(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := integer(v)
	return float64(n), ok
}
