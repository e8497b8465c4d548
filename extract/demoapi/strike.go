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

// strike is what goes wrong with one request.
type strike struct {
	execute.Trouble
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

// strike collects the faults that hold for a request.
func (s *Server) strike(number int, body []byte) *strike {
	now := &strike{}
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

func (k *strike) add(f Fault, nth int) {
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
		k.Trouble.Add(f.Kind, f.Value, f.Request, nth)
	}
}

const page503 = `<!DOCTYPE html>
<html><head><title>We're sorry, but something went wrong (%[1]d)</title></head>
<body><h1>%[1]d %[2]s</h1><p>This page is a fault that the stand-in was told to have.</p></body></html>
`

// disrupt does what ends a request before it is answered, and tells whether it
// did.
func (k *strike) disrupt(w http.ResponseWriter, r *http.Request) bool {
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

// reset drops the connection, so that the client meets ECONNRESET.
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

// taint changes the body of an answer.
func (k *strike) taint(body []byte) []byte {
	const message = `[{"message":"Something went wrong, as the stand-in was told."}]`
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
func (k *strike) send(w http.ResponseWriter, r *http.Request, body []byte, gzip bool) {
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
		drip(w, r, body, k.slow)
		return
	}
	_, _ = w.Write(body) // the client has gone: nobody to tell
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

// drip writes a body in ten pieces over a duration.
func drip(w http.ResponseWriter, r *http.Request, body []byte, over time.Duration) {
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
