package transform

import (
	"regexp"
	"testing"
	"time"
)

// grammar is what RFC 3339 allows; the library takes single digits, a comma, and offsets of 24 hours or 60 minutes as well.
var grammar = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func FuzzTime(f *testing.F) {
	for _, s := range []string{
		"2015-06-21T16:05:26Z", "2015-06-21T16:05:26.5+02:00", "1969-12-31T23:59:59.999999-23:59", "2000-02-29T00:00:00.0000010Z", "1900-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.1234567Z", "2015-06-21t16:05:26z", "2015-06-21T16:05:26,5Z", "2015-06-21T16:05:26+2:00", "2015-06-21",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		us, ok := parseTime([]byte(s))
		var want time.Time
		fits := grammar.MatchString(s) && want.UnmarshalText([]byte(s)) == nil && want.Nanosecond()%1000 == 0 &&
			want.UTC().Year() >= 1 && want.UTC().Year() <= 9999
		if beyond := fits && len(s) > 29 && ok != fits; beyond {
			fits = false // the library cuts digits behind the ninth
		}
		if ok != fits || ok && us != want.UnixMicro() {
			t.Fatalf("%q: %d, %t; want %v, %t", s, us, ok, want, fits)
		}
	})
}

// TestEveryDay compares the calendar with the library's over 0001 to 9999.
func TestEveryDay(t *testing.T) {
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := day.Unix() / (24 * 60 * 60); day.Year() < 10000; n++ {
		if got, ok := parseDate([]byte(day.Format(time.DateOnly))); !ok || got != n*microsOfDay {
			t.Fatalf("%s is day %d, %t; want %d", day, got, ok, n)
		}
		day = day.AddDate(0, 0, 1)
	}
}
