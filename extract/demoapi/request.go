package demoapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// maxBody bounds a request, in bytes.
const maxBody = 1 << 20

// request is the body of a POST.
type request struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

// post answers a POST: faults first, then the rate limit, then the query.
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	number := int(s.count.Add(1))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the request's body is too large or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	now := s.strike(number, body)
	if !pause(r, s.options.Latency+now.delay) || now.disrupt(w, r) {
		return
	}
	viewer := s.viewer(r)
	if viewer == nil && !s.limit.allow(r.RemoteAddr) {
		w.WriteHeader(http.StatusTooManyRequests) // empty, without Retry-After
		return
	}
	req, err := readRequest(r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now.send(w, r, now.taint(s.answer(req, number, viewer, now.trouble)))
}

func readRequest(r *http.Request, body []byte) (*request, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, errors.New("the request's Content-Type must be application/json")
	}
	req := &request{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(req); err != nil {
		return nil, errors.New("the request's body is not a JSON object with query, variables, operationName")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("the request's body goes on after the JSON object")
	}
	return req, nil
}

// answer executes a request and gives the body of the answer.
func (s *Server) answer(r *request, number int, viewer record, t trouble) []byte {
	op, faults := readOperation(s.types, r)
	if len(faults) > 0 {
		return refusal(faults)
	}
	x := &exec{server: s, d: s.d, schema: s.types, op: op, viewer: viewer, trouble: t, number: number}
	x.out = append(make([]byte, 0, 1<<16), `{"data":`...)
	data, errs, err := x.run()
	if err != nil {
		return refusal(gqlerror.List{gqlerror.Errorf("%s", err)})
	}
	if len(errs) > 0 {
		text, _ := json.Marshal(errs) // strings and numbers only: cannot fail
		data = append(append(data, `,"errors":`...), text...)
	}
	return append(data, '}')
}

// refusal is an answer without data.
func refusal(faults gqlerror.List) []byte {
	text, _ := json.Marshal(map[string]any{"errors": faults}) // cannot fail
	return text
}

// pause waits, unless the client leaves first.
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
