package transform

import (
	"bytes"
	"time"
)

// microsOfDay is the length of a day in a timestamp's unit.
const microsOfDay = 24 * 60 * 60 * 1_000_000

const midnight = "T00:00:00Z"

// parseTime parses an RFC 3339 time with upper-case T and Z into microseconds since the epoch, UTC. It refuses
// fractions finer than microseconds and leap seconds, because they cannot be written without a change of the value,
// and times that are outside the years 1 to 9999 in UTC.
func parseTime(b []byte) (int64, bool) {
	t, ok := readTime(b)
	return t.UnixMicro(), ok && inYears(t)
}

func readTime(b []byte) (time.Time, bool) {
	var t time.Time
	ok := strictTime(b) && t.UnmarshalText(b) == nil && t.Nanosecond()%1000 == 0
	return t, ok
}

// inYears reports whether every format and its readers can hold the time.
func inYears(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

// beyondYears reports whether the only fault of a time or a date is its year.
func beyondYears(b []byte) bool {
	t, ok := readTime(b)
	if !ok {
		t, ok = readTime(append(b[:len(b):len(b)], midnight...))
	}
	return ok && !inYears(t)
}

// strictTime refuses what package time takes beyond RFC 3339 (go.dev/issue/54580): hours of
// one digit, a comma, large offsets, and digits after the ninth, which it drops.
func strictTime(b []byte) bool {
	if len(b) < len("2006-01-02T15:04:05Z") || b[13] != ':' || b[19] == ',' {
		return false
	}
	end := len(b) - len("Z")
	if b[end] != 'Z' {
		end = len(b) - len("+00:00")
		if string(b[end+1:end+3]) > "23" || b[end+4] > '5' {
			return false
		}
	}
	const nanos = len("2006-01-02T15:04:05.123456789")
	return end <= nanos || len(bytes.TrimRight(b[nanos:end], "0")) == 0
}

// parseDate parses YYYY-MM-DD into microseconds since the epoch.
func parseDate(b []byte) (int64, bool) {
	us, ok := parseTime(append(b[:len(b):len(b)], midnight...))
	return us, ok && len(b) == len(time.DateOnly)
}
