package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// server answers the pages of a dataset to whoever asks for them by cursor, and
// says how many records there are.
type server struct {
	data    *dataset
	latency time.Duration

	mu       sync.Mutex
	arrivals []time.Time // since the last reset
}

// after finds the cursor in a query that has it as text.
var after = regexp.MustCompile(`after: *"([A-Za-z0-9_-]*)"`)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.arrived()
	time.Sleep(s.latency)
	var asked struct {
		Query     string
		Variables map[string]json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	counts, err := s.data.census(asked.Query, asked.Variables)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if counts != nil {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"data": counts})
		return
	}
	var at string
	_ = json.Unmarshal(asked.Variables["after"], &at) // null asks for the first page
	if found := after.FindStringSubmatch(asked.Query); found != nil {
		at = found[1]
	}
	offset, err := offsetOf(at)
	if err != nil || offset%pageSize != 0 {
		http.Error(w, fmt.Sprintf("no page after %q: %v", at, err), http.StatusBadRequest)
		return
	}
	page, err := os.ReadFile(s.data.pagePath(offset / pageSize))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(page)
}

func (s *server) arrived() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = append(s.arrivals, time.Now())
}

// reset forgets the requests so far and gives their times.
func (s *server) reset() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrivals := s.arrivals
	s.arrivals = nil
	return arrivals
}

// busiest is the largest number of requests within any span of time.
func busiest(arrivals []time.Time, span time.Duration) int {
	most := 0
	for i, first := range arrivals {
		n := 0
		for _, at := range arrivals[i:] {
			if at.Sub(first) < span {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func offsetOf(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}
