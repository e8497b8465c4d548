package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
)

// free lifts the limits that a run against this program's own server has no
// use for.
var free = []string{"--set", "source.rate_limit.requests=1000000", "--progress", "none"}

// dataset generates records and lets civic-etl record the pages from a server,
// as a user records them from CIViC.
func (b *bench) dataset(name string, count int) (*dataset, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", name, count))
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	d, err := generate(dir, count, 20150621)
	if err != nil {
		return nil, fmt.Errorf("generate %d records: %w", count, err)
	}
	url, stop := serve(&server{data: d})
	defer stop()
	out := filepath.Join(dir, "recorded")
	args := append([]string{"run", b.spec, "--endpoint", url, "--record", d.answers, "--out", out, "--format", "ndjson"}, free...)
	if _, err := measure(b.binary, args...); err != nil {
		return nil, err
	}
	return d, os.RemoveAll(out)
}

func serve(s *server) (url string, stop func()) {
	listening := httptest.NewServer(s)
	return listening.URL + "/api/graphql", listening.Close
}
