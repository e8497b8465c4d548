package graphql

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestDoBoundsBodies(t *testing.T) {
	spaces := strings.Repeat(" ", 40<<20)
	tests := []struct{ name, answer string }{
		{"bomb", sized(string(zipped(spaces)), "Content-Encoding: gzip")},
		{"plain", sized(good + strings.Repeat(" ", 1<<20))},
		{"endless", head("200 OK") + good + strings.Repeat(" ", 1<<20)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, raw(t, func(_ int, w net.Conn) bool {
				_, _ = io.WriteString(w, test.answer)
				return false
			}), func(o *Options) { o.MaxBody = 1 << 20 })
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), "larger than 1.0 MiB; ask for smaller pages") || c.Stats().Requests != 1 {
				t.Errorf("got %v after %d requests", err, c.Stats().Requests)
			}
		})
	}
}

func TestDoTakesLongStrings(t *testing.T) {
	body := `{"data":{"a":"` + strings.Repeat("é", 5<<20) + `"}}`
	for _, answer := range []string{sized(body), sized(string(zipped(body)), "Content-Encoding: gzip")} {
		c := client(t, raw(t, func(_ int, w net.Conn) bool {
			_, _ = io.WriteString(w, answer)
			return true
		}), func(o *Options) { o.Timeout, o.Idle = time.Minute, time.Minute })
		a, err := c.Do(t.Context(), "{ x }", nil)
		if err != nil || string(a.Body) != body || string(a.Data) != body[8:len(body)-1] {
			t.Errorf("a string of 10 MB did not come through: %v", err)
		}
	}
}
