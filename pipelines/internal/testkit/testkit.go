// Package testkit holds what the tests of several packages share: golden files, files of test data, and
// the demo API on loopback. It takes a test and gives text, names or an address. It fails the test instead
// of returning errors, and no shipped code imports it.
package testkit

import (
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// Update is the flag -update: write the golden files instead of comparing them.
var Update = flag.Bool("update", false, "write the golden files anew")

// Golden compares a text with a file, or writes the file under -update.
func Golden(t testing.TB, file, got string) {
	t.Helper()
	if *Update {
		Write(t, file, got)
		return
	}
	if want := string(Read(t, file)); got != want {
		t.Errorf("%s has changed; look at it and run go test with -update\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

// Files lists the files of a pattern. It fails if there is none.
func Files(t testing.TB, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return list
}

// Read returns the content of a file.
func Read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Write writes a file.
func Write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// ServeDemo serves the demo API on loopback until the test ends, without a rate limit.
func ServeDemo(t testing.TB, o demoapi.Options) string {
	t.Helper()
	o.Requests = -1
	handler, err := demoapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
