package graphql

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// raw is a server below HTTP: for each request it calls answer with the number
// of the request, from 1. The connection is closed unless answer gives true.
func raw(t *testing.T, answer func(n int, w net.Conn) (keep bool)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := 0
	var open []net.Conn
	handle := func(c net.Conn) {
		defer c.Close()
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			mu.Lock()
			count++
			n := count
			mu.Unlock()
			if !answer(n, c) {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { handle(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return "http://" + l.Addr().String() + "/api/graphql"
}

// client is a client of an address that waits for nothing between tries.
func client(t *testing.T, endpoint string, set ...func(*Options)) *Client {
	t.Helper()
	o := Options{Endpoint: endpoint, Retries: 2, Limiter: limit.New(1, 0), Random: func() float64 { return 0 },
		Timeout: 2 * time.Second, Idle: 100 * time.Millisecond}
	for _, f := range set {
		f(&o)
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func head(status string, headers ...string) string {
	return "HTTP/1.1 " + status + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
}

func sized(body string, headers ...string) string {
	return head("200 OK", append(headers, "Content-Type: application/json", fmt.Sprint("Content-Length: ", len(body)))...) + body
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func flipped(b []byte, i int) string {
	b = bytes.Clone(b)
	b[i] ^= 0x55
	return string(b)
}
