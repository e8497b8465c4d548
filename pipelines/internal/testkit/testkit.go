// Package testkit holds what the tests of several packages share: golden files, files of test data, and
// the demo API on loopback. It takes a test and gives text, names or an address. It never returns errors: it fails the
// test. No shipped code imports it.
package testkit

import (
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"

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
	if want := Read(t, file); got != string(want) {
		changes := diff.Diff("want", want, "got", []byte(got))
		t.Errorf("%s has changed; look at it and run go test with -update\n%s", file, changes)
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

// SmallSpec is a spec without anything that can be left out.
const SmallSpec = "version: 1\nname: small\nextract: {from: genes}\ncolumns: {id: id}\nload: {to: out/small}\n"

// Env is the environment of specs in tests.
func Env(name string) (string, bool) {
	env := map[string]string{
		"N": "50", "LEVEL": "A", "EMPTY": "", "SECRET": "s3cr3t", "FOLDER": "out/from-env", "BOTH": "a}b${N}",
	}
	v, ok := env[name]
	return v, ok
}

// Now is the time of every run of a test: the second of March in UTC, the first where it is taken.
var Now = time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("west", -5*3600))

// SpecFiles lists the shipped specs below a folder, without their cases.
func SpecFiles(t testing.TB, folder string) []string {
	t.Helper()
	all := append(Files(t, filepath.Join(folder, "*.yaml")), Files(t, filepath.Join(folder, "releases", "*.yaml"))...)
	return slices.DeleteFunc(all, func(file string) bool { return strings.HasSuffix(file, "_test.yaml") })
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
