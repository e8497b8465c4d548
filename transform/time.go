package transform

import (
	"bytes"
	"time"
)

// microsOfDay is the length of a day in a timestamp's unit.
const microsOfDay = 24 * 60 * 60 * 1_000_000

// parseTime parses an RFC 3339 time with upper-case T and Z into microseconds since the epoch, UTC. It refuses
// fractions finer than microseconds and leap seconds, because they cannot be written without a change of the value.
func parseTime(b []byte) (int64, bool) {
	var t time.Time
	if !strictTime(b) || t.UnmarshalText(b) != nil || t.Nanosecond()%1000 != 0 {
		return 0, false
	}
	return t.UnixMicro(), true
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
	us, ok := parseTime(append(b[:len(b):len(b)], "T00:00:00Z"...))
	return us, ok && len(b) == len(time.DateOnly)
}
