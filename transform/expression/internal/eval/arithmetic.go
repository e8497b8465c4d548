package eval

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"
)

var errDivision = errors.New("division by zero")

// arithmetic are the operators that give null for null. A result that does not fit its type is an error.
var arithmetic = map[string]func(f *frame, a, b any) (any, error){
	"+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo, "**": power, "^": power,
}

func overflow(a any, operator string, b any, to string) error {
	return fmt.Errorf("%s %s %s does not fit %s", show(a), operator, show(b), to)
}

func mismatch(a any, operator string, b any) error {
	return fmt.Errorf("cannot compute %s %s %s", KindOf(a), operator, KindOf(b))
}

// fractions computes with doubles. It refuses results that are not finite. Minus zero becomes zero, as everywhere.
func fractions(a any, operator string, b any, compute func(x, y float64) float64) (any, error) {
	x, ok1 := number(a)
	y, ok2 := number(b)
	if !ok1 || !ok2 {
		return nil, mismatch(a, operator, b)
	}
	z := compute(x, y)
	if math.IsInf(z, 0) || math.IsNaN(z) {
		return nil, overflow(a, operator, b, "double")
	}
	return z + 0, nil
}

func addInts(x, y int) (int, bool) {
	z := x + y
	return z, (x < 0) != (y < 0) || (z < 0) == (x < 0)
}

func multiplyInts(x, y int) (int, bool) {
	high, low := bits.Mul64(magnitude(x), magnitude(y))
	negative := (x < 0) != (y < 0)
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	return x * y, high == 0 && low <= limit
}

func magnitude(x int) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func add(f *frame, a, b any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			z, fits := addInts(x, y)
			if !fits {
				return nil, overflow(a, "+", b, "int64")
			}
			return z, nil
		}
	case string:
		if y, ok := b.(string); ok {
			return x + y, f.spend(len(x) + len(y))
		}
	case time.Time:
		if y, ok := b.(time.Duration); ok {
			return inYears(x.Add(y))
		}
	case time.Duration:
		switch y := b.(type) {
		case time.Time:
			return inYears(y.Add(x))
		case time.Duration:
			return addDurations(x, "+", y)
		}
	}
	return fractions(a, "+", b, func(x, y float64) float64 { return x + y })
}

func addDurations(x time.Duration, operator string, y time.Duration) (any, error) {
	z, fits := addInts(int(x), int(y))
	if !fits {
		return nil, overflow(x, operator, y, "a duration, which has at most 292 years")
	}
	return time.Duration(z), nil
}

func subtract(_ *frame, a, b any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			z := x - y
			if (x < 0) != (y < 0) && (z < 0) != (x < 0) {
				return nil, overflow(a, "-", b, "int64")
			}
			return z, nil
		}
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return between(x, y)
		case time.Duration:
			if y == math.MinInt64 {
				return nil, overflow(x, "-", y, "a timestamp")
			}
			return inYears(x.Add(-y))
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			if y == math.MinInt64 {
				return nil, overflow(x, "-", y, "a duration")
			}
			return addDurations(x, "-", -y)
		}
	}
	return fractions(a, "-", b, func(x, y float64) float64 { return x - y })
}

// between is the duration from b to a, which package time would cut at 292 years.
func between(a, b time.Time) (any, error) {
	d := a.Sub(b)
	if !b.Add(d).Equal(a) {
		return nil, overflow(a, "-", b, "a duration, which has at most 292 years")
	}
	return d, nil
}

// inYears refuses moments that no column can hold.
func inYears(t time.Time) (any, error) {
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return nil, errors.New("the result is a timestamp outside the years 1 to 9999")
	}
	return t, nil
}

func multiply(_ *frame, a, b any) (any, error) {
	d, isDuration := a.(time.Duration)
	other := b
	if !isDuration {
		d, isDuration = b.(time.Duration)
		other = a
	}
	if isDuration {
		return scale(d, other)
	}
	x, ok1 := a.(int)
	y, ok2 := b.(int)
	if ok1 && ok2 {
		z, fits := multiplyInts(x, y)
		if !fits {
			return nil, overflow(a, "*", b, "int64")
		}
		return z, nil
	}
	return fractions(a, "*", b, func(x, y float64) float64 { return x * y })
}

// scale multiplies a duration with a number.
func scale(d time.Duration, by any) (any, error) {
	const limit = "a duration, which has at most 292 years"
	if other, ok := by.(time.Duration); ok {
		by = int(other)
	}
	if x, ok := integer(by); ok {
		z, fits := multiplyInts(int(d), x)
		if !fits {
			return nil, overflow(d, "*", by, limit)
		}
		return time.Duration(z), nil
	}
	x, ok := by.(float64)
	if !ok {
		return nil, mismatch(d, "*", by)
	}
	z := float64(d) * x
	if !(z > math.MinInt64 && z < math.MaxInt64) {
		return nil, overflow(d, "*", by, limit)
	}
	return time.Duration(z), nil
}

func divide(_ *frame, a, b any) (any, error) {
	if y, ok := number(b); ok && y == 0 {
		return nil, errDivision
	}
	return fractions(a, "/", b, func(x, y float64) float64 { return x / y })
}

func modulo(_ *frame, a, b any) (any, error) {
	x, ok1 := integer(a)
	y, ok2 := integer(b)
	switch {
	case !ok1 || !ok2:
		return nil, mismatch(a, "%", b)
	case y == 0:
		return nil, errDivision
	}
	return x % y, nil
}

func power(_ *frame, a, b any) (any, error) { return fractions(a, "**", b, math.Pow) }

func positive(v any) (any, error) {
	if _, ok := number(v); !ok {
		return nil, fmt.Errorf("want a number, found %s", KindOf(v))
	}
	return v, nil
}

func negate(v any) (any, error) {
	switch x := v.(type) {
	case float64:
		return 0 - x, nil
	case time.Duration:
		if x != math.MinInt64 {
			return -x, nil
		}
	}
	switch x, ok := integer(v); {
	case !ok:
		return nil, fmt.Errorf("want a number, found %s", KindOf(v))
	case x == math.MinInt64:
		return nil, fmt.Errorf("-(%d) does not fit int64", x)
	default:
		return -x, nil
	}
}
