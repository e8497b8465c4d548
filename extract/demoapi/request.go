package demoapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/execute"
)

// maxBody is the largest size of a request, in bytes.
const maxBody = 1 << 20

// post answers a POST: faults first, then the rate limit, then the query.
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	number := int(s.count.Add(1))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the request's body is too large or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	now := s.injected(number, body)
	if !pause(r, s.options.Latency+now.delay()) || now.interrupt(w, r) {
		return
	}
	curator := s.authorized(r)
	if !curator && !s.limit.allow(r.RemoteAddr) {
		w.WriteHeader(http.StatusTooManyRequests) // empty, without Retry-After
		return
	}
	req, err := readRequest(r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	gzip := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	answer := func() []byte {
		given := execute.Circumstances{Number: number, Curator: curator, Faults: now.Faults}
		return encoded(now.corrupt(s.engine.Answer(req, given)), gzip)
	}
	now.send(w, r, s.answers.once(fmt.Sprint(curator, gzip, string(body)), answer), gzip)
}

func readRequest(r *http.Request, body []byte) (req execute.Request, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return req, errors.New("the request's Content-Type must be application/json")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&req); err != nil {
		return req, errors.New("the request's body is not a JSON object with query, variables, operationName")
	}
	if _, err := d.Token(); err != io.EOF {
		return req, errors.New("the request's body has data after the JSON object")
	}
	return req, nil
}

// pause waits. It returns false if the client disconnects first.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
