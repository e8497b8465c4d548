package demoapi

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/execute"
)

// injection holds the faults of one request.
type injection struct {
	execute.Faults
	status  int
	html    bool
	hang    bool
	reset   bool
	null    bool
	partial bool
	cut     bool
	length  bool
	slow    time.Duration
	delay   time.Duration
}

// injected collects the faults of a request.
func (s *Server) injected(number int, body []byte) *injection {
	now := &injection{}
	for _, f := range s.faults {
		if nth, on := f.holds(body); on {
			now.add(f.Fault, nth)
		}
	}
	if s.options.FaultAt != nil {
		now.add(s.options.FaultAt(number), number)
	}
	return now
}

func (k *injection) add(f Fault, nth int) {
	if n := f.status(); n != 0 {
		k.status = n
	}
	switch f.Kind {
	case "html":
		k.html = true
	case "hang":
		k.hang = true
	case "reset":
		k.reset = true
	case "null":
		k.null = true
	case "partial":
		k.partial = true
	case "cut":
		k.cut = true
	case "length":
		k.length = true
	case "slow":
		k.slow = f.Delay
	case "wait":
		k.delay += f.Delay
	default:
		k.Faults.Add(f.Kind, f.Value, f.Request, nth)
	}
}

const page503 = `<!DOCTYPE html>
<html><head><title>We're sorry, but something went wrong (%[1]d)</title></head>
<body><h1>%[1]d %[2]s</h1><p>This page is an injected fault.</p></body></html>
`

// interrupt applies faults that end a request without an answer from the API. It reports whether there was one.
func (k *injection) interrupt(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case k.hang:
		<-r.Context().Done()
	case k.reset:
		reset(w)
	case k.status == http.StatusTooManyRequests:
		w.WriteHeader(k.status)
	case k.status != 0 || k.html:
		status := max(k.status, http.StatusOK)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, page503, status, http.StatusText(status))
	default:
		return false
	}
	return true
}

// reset drops the connection, so that the client gets ECONNRESET.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection to take over: net/http drops it
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// corrupt applies faults to the body of an answer.
func (k *injection) corrupt(body []byte) []byte {
	const message = `[{"message":"Something went wrong: an injected fault."}]`
	switch {
	case k.null:
		body = []byte(`{"errors":` + message + `,"data":null}`)
	case k.partial:
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"errors":`+message+"}"...)
	}
	if k.cut {
		body = body[:len(body)/2]
	}
	return body
}

// send writes the answer.
func (k *injection) send(w http.ResponseWriter, r *http.Request, body []byte, gzip bool) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	if gzip {
		h.Set("Content-Encoding", "gzip")
	}
	if k.length {
		h.Set("Content-Length", strconv.Itoa(len(body)+1000)) // net/http closes the connection
	} else {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if k.slow > 0 {
		writeSlowly(w, r, body, k.slow)
		return
	}
	_, _ = w.Write(body) // the client has disconnected
}

// encoded compresses a body if the client accepts that.
func encoded(body []byte, compressed bool) []byte {
	if !compressed {
		return body
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a valid level
	_, _ = z.Write(body)                            // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// writeSlowly writes a body in ten pieces over a duration.
func writeSlowly(w http.ResponseWriter, r *http.Request, body []byte, over time.Duration) {
	control := http.NewResponseController(w)
	for i := range 10 {
		piece := body[len(body)*i/10 : len(body)*(i+1)/10]
		if _, err := w.Write(piece); err != nil {
			return
		}
		_ = control.Flush()
		if !pause(r, over/10) {
			return
		}
	}
}
