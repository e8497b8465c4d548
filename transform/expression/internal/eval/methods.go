package eval

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// method is a method of a value. Its arguments are not null.
type method func(of any, a *args) (any, error)

// methods are the methods that depend on the value only, not on the machine's time zone.
var methods = map[string]method{
	"Year":       ofTime(func(t time.Time, _ *args) (any, error) { return t.Year(), nil }),
	"Month":      ofTime(func(t time.Time, _ *args) (any, error) { return t.Month(), nil }),
	"Day":        ofTime(func(t time.Time, _ *args) (any, error) { return t.Day(), nil }),
	"Hour":       ofTime(func(t time.Time, _ *args) (any, error) { return t.Hour(), nil }),
	"Minute":     ofTime(func(t time.Time, _ *args) (any, error) { return t.Minute(), nil }),
	"Second":     ofTime(func(t time.Time, _ *args) (any, error) { return t.Second(), nil }),
	"Nanosecond": ofTime(func(t time.Time, _ *args) (any, error) { return t.Nanosecond(), nil }),
	"YearDay":    ofTime(func(t time.Time, _ *args) (any, error) { return t.YearDay(), nil }),
	"Weekday":    ofTime(func(t time.Time, _ *args) (any, error) { return t.Weekday(), nil }),
	"Unix":       ofTime(func(t time.Time, _ *args) (any, error) { return int(t.Unix()), nil }),
	"UnixMilli":  ofTime(func(t time.Time, _ *args) (any, error) { return int(t.UnixMilli()), nil }),
	"UnixMicro":  ofTime(func(t time.Time, _ *args) (any, error) { return int(t.UnixMicro()), nil }),
	"UnixNano":   ofTime(unixNano),
	"UTC":        ofTime(func(t time.Time, _ *args) (any, error) { return t.UTC(), nil }),
	"IsZero":     ofTime(func(t time.Time, _ *args) (any, error) { return t.IsZero(), nil }),
	"Format":     ofTime(func(t time.Time, a *args) (any, error) { return t.Format(a.text(0)), nil }),
	"After":      ofTime(func(t time.Time, a *args) (any, error) { return t.After(a.time(0)), nil }),
	"Before":     ofTime(func(t time.Time, a *args) (any, error) { return t.Before(a.time(0)), nil }),
	"Equal":      ofTime(func(t time.Time, a *args) (any, error) { return t.Equal(a.time(0)), nil }),
	"Compare":    ofTime(func(t time.Time, a *args) (any, error) { return t.Compare(a.time(0)), nil }),
	"Add":        ofTime(func(t time.Time, a *args) (any, error) { return inYears(t.Add(a.duration(0))) }),
	"Sub":        ofTime(func(t time.Time, a *args) (any, error) { return between(t, a.time(0)) }),
	"AddDate":    ofTime(addDate),

	"Hours":        ofDuration(func(d time.Duration) (any, error) { return d.Hours(), nil }),
	"Minutes":      ofDuration(func(d time.Duration) (any, error) { return d.Minutes(), nil }),
	"Seconds":      ofDuration(func(d time.Duration) (any, error) { return d.Seconds(), nil }),
	"Milliseconds": ofDuration(func(d time.Duration) (any, error) { return int(d.Milliseconds()), nil }),
	"Microseconds": ofDuration(func(d time.Duration) (any, error) { return int(d.Microseconds()), nil }),
	"Nanoseconds":  ofDuration(func(d time.Duration) (any, error) { return int(d.Nanoseconds()), nil }),
	"Abs":          ofDuration(absoluteDuration),

	"Truncate": rounding(time.Time.Truncate, time.Duration.Truncate),
	"Round":    rounding(time.Time.Round, time.Duration.Round),
	"String":   stringOf,
}

var errDuration = errors.New("the result does not fit a duration, which has at most 292 years")

func noMethod(of any, a *args) error { return fmt.Errorf("%s has no method %s", KindOf(of), a.name) }

func ofTime(f func(time.Time, *args) (any, error)) method {
	return func(of any, a *args) (any, error) {
		if t, ok := of.(time.Time); ok {
			return f(t, a)
		}
		return nil, noMethod(of, a)
	}
}

func ofDuration(f func(time.Duration) (any, error)) method {
	return func(of any, a *args) (any, error) {
		if d, ok := of.(time.Duration); ok {
			return f(d)
		}
		return nil, noMethod(of, a)
	}
}

func rounding(
	ofTime func(time.Time, time.Duration) time.Time, ofDuration func(_, _ time.Duration) time.Duration,
) method {
	return func(of any, a *args) (any, error) {
		switch of := of.(type) {
		case time.Time:
			return inYears(ofTime(of, a.duration(0)))
		case time.Duration:
			return limited(of, ofDuration(of, a.duration(0)))
		}
		return nil, noMethod(of, a)
	}
}

// limited refuses the limits of a duration, at which package time stops instead of going beyond them.
func limited(before, after time.Duration) (any, error) {
	if after != before && (after == math.MaxInt64 || after == math.MinInt64) {
		return nil, errDuration
	}
	return after, nil
}

func stringOf(of any, a *args) (any, error) {
	switch of := of.(type) {
	case time.Time:
		return of.String(), nil
	case fmt.Stringer:
		return of.String(), nil
	}
	return nil, noMethod(of, a)
}

func unixNano(t time.Time, _ *args) (any, error) {
	d, err := between(t, time.Unix(0, 0))
	if err != nil {
		return nil, errors.New("the nanoseconds since 1970 do not fit int64")
	}
	return int(d.(time.Duration)), nil
}

// addDate refuses numbers with which package time would overflow.
func addDate(t time.Time, a *args) (any, error) {
	const limit = 10_000 * 366
	years, months, days := a.integer(0), a.integer(1), a.integer(2)
	if max(years, months, days) > limit || min(years, months, days) < -limit {
		return nil, errors.New("the result is a timestamp outside the years 1 to 9999")
	}
	return inYears(t.AddDate(years, months, days))
}

func absoluteDuration(d time.Duration) (any, error) {
	if d == math.MinInt64 {
		return nil, errDuration
	}
	return d.Abs(), nil
}
