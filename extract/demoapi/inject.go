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

// injection holds the faults of one request. The values of status are HTTP statuses, those of slow and wait
// nanoseconds.
type injection struct{ execute.Faults }

// injected collects the faults of a request.
func (s *Server) injected(number int, body []byte) injection {
	now := injection{execute.Faults{}}
	for _, f := range s.faults {
		if nth, applies := f.count(body); applies {
			f.addTo(now.Faults, nth)
		}
	}
	if s.options.FaultAt != nil {
		s.options.FaultAt(number).addTo(now.Faults, number)
	}
	return now
}

// delay returns the time before the answer starts.
func (k injection) delay() time.Duration {
	total := 0
	for _, d := range k.Faults["wait"] {
		total += d
	}
	return time.Duration(total)
}

const page503 = `<!DOCTYPE html>
<html><head><title>We're sorry, but something went wrong (%[1]d)</title></head>
<body><h1>%[1]d %[2]s</h1><p>This page is an injected fault.</p></body></html>
`

// interrupt applies faults that end a request without an answer from the API. It reports whether there was one.
func (k injection) interrupt(w http.ResponseWriter, r *http.Request) bool {
	status := k.Last("status")
	switch {
	case k.On("hang"):
		<-r.Context().Done()
	case k.On("reset"):
		reset(w)
	case status == http.StatusTooManyRequests:
		w.WriteHeader(status)
	case status != 0 || k.On("html"):
		status = max(status, http.StatusOK)
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
func (k injection) corrupt(body []byte) []byte {
	const message = `[{"message":"Something went wrong: an injected fault."}]`
	switch {
	case k.On("null"):
		body = []byte(`{"errors":` + message + `,"data":null}`)
	case k.On("partial"):
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"errors":`+message+"}"...)
	}
	if id := k.Last("damage"); id != 0 {
		text := fmt.Sprintf(`"id":%d`, id)
		for _, end := range []string{",", "}"} {
			body = bytes.ReplaceAll(body, []byte(text+end), []byte(text+`,"damaged":"\ud800"`+end))
		}
	}
	if k.On("cut") {
		body = body[:len(body)/2]
	}
	return body
}

// send writes the answer.
func (k injection) send(w http.ResponseWriter, r *http.Request, body []byte, gzip bool) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	if gzip {
		h.Set("Content-Encoding", "gzip")
	}
	length := len(body)
	if k.On("length") {
		length += 1000 // net/http closes the connection
	}
	h.Set("Content-Length", strconv.Itoa(length))
	if k.On("slow") {
		writeSlowly(w, r, body, time.Duration(k.Last("slow")))
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
