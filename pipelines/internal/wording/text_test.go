package wording

import (
	"testing"
	"time"
)

func TestShortDuration(t *testing.T) {
	for given, want := range map[string]string{
		"0s": "0s", "10s": "10s", "1.5s": "1.5s", "60s": "1m", "5m": "5m", "3m20s": "3m20s", "1m10s": "1m10s", "10m": "10m", "1h": "1h", "1h30m": "1h30m", "20h0m5s": "20h0m5s", "100h": "100h",
	} {
		v, err := time.ParseDuration(given)
		if err != nil {
			t.Fatal(err)
		}
		if got := ShortDuration(v); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}
