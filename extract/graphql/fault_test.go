package graphql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

const good = `{"data":{"things":{"totalCount":1,"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},"nodes":[{"id":1}]}}}`

// faults are answers that a server in trouble gives, and that may pass.
var faults = []struct{ name, answer, want string }{
	{"no byte", "", "EOF"},
	{"half a header", "HTTP/1.1 200 O", "unexpected EOF"},
	{"not HTTP", "hello\r\n\r\n", "malformed HTTP"},
	{"short of Content-Length", head("200 OK", "Content-Type: application/json", "Content-Length: 999") + good, "truncated or corrupt: unexpected EOF"},
	{"chunks cut", head("200 OK", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n", len(good), good), "truncated or corrupt: unexpected EOF"},
	{"chunk of nonsense", head("200 OK", "Transfer-Encoding: chunked") + "zz\r\n", "truncated or corrupt"},
	{"close-delimited, cut", head("200 OK", "Content-Type: application/json") + good[:60], "truncated or corrupt: JSON cut short"},
	{"gzip cut", sized(string(zipped(good)[:40]), "Content-Encoding: gzip"), "truncated or corrupt"},
	{"gzip damaged", sized(flipped(zipped(good), 30), "Content-Encoding: gzip"), "truncated or corrupt"},
	{"gzip checksum damaged", sized(flipped(zipped(good), len(zipped(good))-6), "Content-Encoding: gzip"), "invalid checksum"},
	{"gzip in name only", sized(good, "Content-Encoding: gzip"), "truncated or corrupt: gzip: invalid header"},
	{"gzip and more", sized(string(zipped(good))+"more", "Content-Encoding: gzip"), "truncated or corrupt"},
	{"brotli unasked", sized(good, "Content-Encoding: br"), `unexpected Content-Encoding "br"`},
	{"200 HTML", head("200 OK", "Content-Type: text/html") + "<html>\x1b[31m maintenance", `not GraphQL: media type "text/html" instead of JSON, beginning "<html>\x1b[31m maintenance"`},
	{"200 HTML called JSON", sized("<html>"), "not GraphQL: no JSON object, beginning \"<html>\""},
	{"200 empty", sized(""), "not GraphQL: JSON cut short, an empty body"},
	{"a JSON list", sized("[1]"), `not GraphQL: no JSON object, beginning "[1]"`},
	{"JSON of another API", sized(`{"message":"hi"}`), "JSON without data or errors"},
	{"two objects", sized(good + good), "text after the JSON object"},
	{"trailing comma", sized(`{"data":{"a":1},}`), "truncated or corrupt: bad JSON at byte 16"},
	{"a key twice", sized(`{"data":{"a":1},"data":{"a":1}}`), "repeats the key"},
	{"bad UTF-8", sized("{\"data\":{\"a\":\"\xff\"}}"), "not valid UTF-8"},
	{"control character", sized("{\"data\":{\"a\":\"\x01\"}}"), "control character"},
	{"deep JSON", sized(`{"data":` + strings.Repeat("[", 100_000)), "nests too deep"},
	{"502 HTML", head("502 Bad Gateway", "Content-Type: text/html", "Content-Length: 6") + "<html>", "502 Bad Gateway"},
	{"503", head("503 Service Unavailable", "Content-Length: 0"), "503 Service Unavailable"},
	{"500 cut short", head("500 Internal Server Error", "Content-Length: 10"), "500 Internal Server Error"},
	{"408", head("408 Request Timeout", "Content-Length: 0"), "408 Request Timeout"},
	{"status of their own", head("599 ", "Content-Length: 0"), "599 unknown status"},
}

func TestDoMendsPassingFaults(t *testing.T) {
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int64 // the client may count one more, sent into a connection about to close
			c := client(t, raw(t, func(n int, w net.Conn) bool {
				if asked.Add(1); n == 1 {
					_, _ = io.WriteString(w, test.answer)
					return false
				}
				_, _ = io.WriteString(w, sized(good))
				return true
			}))
			answer, err := c.Do(t.Context(), "{ x }", nil)
			if err != nil || string(answer.Body) != good || asked.Load() != 2 || c.Stats().Retries < 1 {
				t.Errorf("got %v after %d requests, %+v", err, asked.Load(), c.Stats())
			}
		})
	}
}

func TestDoGivesUpOnLastingFaults(t *testing.T) {
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, raw(t, func(_ int, w net.Conn) bool {
				_, _ = io.WriteString(w, test.answer)
				return false
			}))
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "(3 tries)") {
				t.Errorf("got %v, want %q and the tries", err, test.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("%q is not safe to print", err)
			}
		})
	}
}

// TestDoCutAnywhere cuts the answer after every number of bytes, with a length,
// without one, chunked and packed.
func TestDoCutAnywhere(t *testing.T) {
	const page = `{"data":{"a":[{"id":1},{"id":2}]}}`
	packed := string(zipped(page))
	answers := map[string]string{
		"sized":   sized(page),
		"close":   head("200 OK", "Content-Type: application/json") + page,
		"chunked": head("200 OK", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(page), page),
		"gzip":    sized(packed, "Content-Encoding: gzip"),
	}
	for name, whole := range answers {
		t.Run(name, func(t *testing.T) {
			cut := 0
			var asked atomic.Int64
			endpoint := raw(t, func(n int, w net.Conn) bool {
				if asked.Add(1); n%2 == 1 {
					_, _ = io.WriteString(w, whole[:cut])
					return false
				}
				_, _ = io.WriteString(w, whole)
				return name != "close"
			})
			for cut = range whole {
				c := client(t, endpoint)
				answer, err := c.Do(t.Context(), "{ x }", nil)
				if err != nil || string(answer.Body) != page || asked.Swap(0) != 2 {
					t.Errorf("cut after %d of %d bytes: %v, %+v", cut, len(whole), err, c.Stats())
				}
				c.Close()
			}
		})
	}
}

func TestDoStalls(t *testing.T) {
	tests := []struct{ name, sent, want string }{
		{"never answers", "", "no whole answer within 300ms (2 tries); see whether the server is up"},
		{"after the headers", head("200 OK", "Content-Length: 99", "Content-Type: application/json"), "the answer stalled for 50ms (2 tries)"},
		{"an error's body", head("500 Internal Server Error", "Content-Length: 10"), "500 Internal Server Error (2 tries)"},
		{"inside the body", sized(good)[:120], "the answer stalled for 50ms (2 tries)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stop := make(chan struct{})
			endpoint := raw(t, func(_ int, w net.Conn) bool {
				_, _ = io.WriteString(w, test.sent)
				<-stop
				return false
			})
			defer close(stop)
			c := client(t, endpoint, func(o *Options) { o.Timeout, o.Idle, o.Retries = 300*time.Millisecond, 50*time.Millisecond, 1 })
			_, err := c.Do(t.Context(), "{ x }", nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestDoDrips meets a body that never stalls for long and never ends.
func TestDoDrips(t *testing.T) {
	endpoint := raw(t, func(_ int, w net.Conn) bool {
		_, _ = io.WriteString(w, head("200 OK", "Content-Length: 9999", "Content-Type: application/json"))
		for {
			if _, err := io.WriteString(w, " "); err != nil {
				return false
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	c := client(t, endpoint, func(o *Options) { o.Timeout, o.Retries = 300*time.Millisecond, 0 })
	_, err := c.Do(t.Context(), "{ x }", nil)
	if err == nil || !strings.Contains(err.Error(), "no whole answer within 300ms") {
		t.Errorf("got %v", err)
	}
}

func TestDoCancelled(t *testing.T) {
	quit := errors.New("the user left")
	answers := map[string]string{
		"before the headers": "",
		"inside the body":    sized(good)[:120],
		"between tries":      head("503 Service Unavailable", "Content-Length: 0", "Retry-After: 300"),
		"while refused":      head("429 Too Many Requests", "Content-Length: 0", "Retry-After: 300"),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			stop, asked := make(chan struct{}), make(chan struct{}, 9)
			endpoint := raw(t, func(_ int, w net.Conn) bool {
				_, _ = io.WriteString(w, answer)
				asked <- struct{}{}
				<-stop
				return false
			})
			defer close(stop)
			c := client(t, endpoint, func(o *Options) { o.Timeout, o.Idle = time.Minute, time.Minute })
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(50*time.Millisecond, func() { <-asked; cancel(quit) })
			start := time.Now()
			_, err := c.Do(ctx, "{ x }", nil)
			if !errors.Is(err, quit) || time.Since(start) > time.Second {
				t.Errorf("got %v after %s, want the cause at once", err, time.Since(start))
			}
		})
	}
}

// TestDoReplaysOnDroppedKeepAlive closes an idle connection when the second
// query has come: net/http sends it again without a retry of ours.
func TestDoReplaysOnDroppedKeepAlive(t *testing.T) {
	endpoint := raw(t, func(n int, w net.Conn) bool {
		if n == 2 {
			return false
		}
		_, _ = io.WriteString(w, sized(good))
		return true
	})
	var notices []Notice
	limiter := limit.New(100, time.Hour)
	c := client(t, endpoint, func(o *Options) {
		o.Limiter = limiter
		o.Notify = func(n Notice) { notices = append(notices, n) }
	})
	for range 2 {
		if _, err := c.Do(t.Context(), "{ x }", nil); err != nil {
			t.Fatal(err)
		}
	}
	if s := c.Stats(); s.Requests != 3 || s.Retries != 1 || len(notices) != 0 {
		t.Errorf("%+v, notices %v; want the replay to be counted and no back-off", s, notices)
	}
	if used := 100 - limiter.Left(t.Context()); used != 3 {
		t.Errorf("the limiter counts %d requests, the server 3", used)
	}
}

func TestDoReset(t *testing.T) {
	c := client(t, raw(t, func(n int, w net.Conn) bool {
		if n == 1 {
			_, _ = io.WriteString(w, sized(good)[:100])
			_ = w.(*net.TCPConn).SetLinger(0)
			return false
		}
		_, _ = io.WriteString(w, sized(good))
		return true
	}))
	if _, err := c.Do(t.Context(), "{ x }", nil); err != nil || c.Stats().Requests != 2 {
		t.Errorf("got %v, %+v", err, c.Stats())
	}
}
