package textio

import (
	"fmt"
	"time"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// addTimestamp adds an RFC 3339 time in UTC, as the encoders write it:
// 2015-06-21T01:02:03.123456Z, with up to six digits of the second's fraction.
func addTimestamp(text []byte, to values.Receiver) error {
	const least = len("2006-01-02T15:04:05Z")
	n := len(text)
	// time.Parse allows an hour of one digit, a comma before the fraction, and time zones.
	if n < least || n > least+7 || n == least+1 || text[10] != 'T' || text[13] != ':' || text[n-1] != 'Z' ||
		n > least && text[least-1] != '.' {
		return fmt.Errorf("%.40q is not a time", text)
	}
	t, err := time.Parse(time.RFC3339Nano, stringOf(text))
	if err != nil {
		return fmt.Errorf("%.40q is not a time", text)
	}
	to.Add8(uint64(t.UnixMicro()))
	return nil
}

func addDate(text []byte, to values.Receiver) error {
	t, err := time.Parse(time.DateOnly, stringOf(text))
	if err != nil {
		return fmt.Errorf("%.40q is not a date", text)
	}
	to.Add4(uint32(t.Unix() / secondsPerDay))
	return nil
}

const secondsPerDay = 86_400
