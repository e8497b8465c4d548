package load

import (
	"fmt"

	"github.com/civic-etl/civic-etl/load/internal/digest"
)

// addTimestamp reads an RFC 3339 time in UTC as a column of times is written:
// 2015-06-21T01:02:03.123456Z, the fraction up to microseconds.
func addTimestamp(text []byte, d *digest.Digest) error {
	days, ok := days(text)
	if !ok || len(text) < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[len(text)-1] != 'Z' {
		return fmt.Errorf("%.40q is no time", text)
	}
	hour, ok1 := digits(text[11:13])
	minute, ok2 := digits(text[14:16])
	second, ok3 := digits(text[17:19])
	micros, ok4 := fraction(text[19 : len(text)-1])
	if !ok1 || !ok2 || !ok3 || !ok4 || hour > 23 || minute > 59 || second > 59 {
		return fmt.Errorf("%.40q is no time", text)
	}
	d.Add8(uint64(((days*24+hour)*60+minute)*60+second)*1e6 + uint64(micros))
	return nil
}

// fraction reads nothing, or a point and up to six digits, as microseconds.
func fraction(text []byte) (micros int64, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if len(text) < 2 || len(text) > 7 || text[0] != '.' {
		return 0, false
	}
	micros, ok = digits(text[1:])
	for n := len(text) - 1; n < 6; n++ {
		micros *= 10
	}
	return micros, ok
}

func addDate(text []byte, d *digest.Digest) error {
	days, ok := days(text)
	if !ok || len(text) != 10 {
		return fmt.Errorf("%.40q is no date", text)
	}
	d.Add4(uint32(days))
	return nil
}

// days reads the date that text begins with, as days since 1970.
func days(text []byte) (int64, bool) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(text[:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	// Counted in years that begin in March, so that a leap day is the last of them.
	if month < 3 {
		year, month = year-1, month+12
	}
	leaps := floor(year, 4) - floor(year, 100) + floor(year, 400)
	return 365*year + leaps + (153*(month-3)+2)/5 + day - 1 - 719_468, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func floor(a, b int64) int64 {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

func digits(text []byte) (n int64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
