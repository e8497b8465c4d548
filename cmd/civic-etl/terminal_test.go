package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/run"
)

// hostile would clear a terminal, set its title, go back over the line, and turn
// the text round.
const hostile = "\x1b[2J\x1b]0;title\a\r\u009b31m\u202e\x7f\x00"

// acted says whether a terminal would act on a text, line breaks aside.
func acted(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != utf8.RuneError && terminal.Escape(string(r)) != string(r) })
}

// TestNothingActsOnTerminals: whatever a server or a file puts into errors and
// notices, a terminal shows it and does nothing.
func TestNothingActsOnTerminals(t *testing.T) {
	if !acted(hostile) {
		t.Fatal("the control is harmless")
	}
	var text, inJSON bytes.Buffer
	for w, format := range map[*bytes.Buffer]string{&text: "text", &inJSON: "json"} {
		r, err := terminal.NewReporter(w, terminal.Options{Level: "info", Format: format, Progress: "none"})
		if err != nil {
			t.Fatal(err)
		}
		r.Notice(run.Notice{Pipeline: "p", Level: slog.LevelWarn, Text: "the server says " + hostile})
		for _, err := range []error{
			errors.New(hostile),
			&run.RunsError{Errors: []error{fmt.Errorf("p: %s", hostile)}},
			&checks.Error{Pipeline: "p", Failures: []error{errors.New(hostile), errors.New("two")}},
			document.Faults{{File: hostile, What: hostile, Hint: hostile}},
		} {
			report(w, r.JSONLog(), err)
		}
		if out := w.String(); acted(out) || strings.Count(out, "title") != 7 {
			t.Errorf("%q", out)
		}
	}
}

// TestHostileServer runs against a server that has the terminal in mind.
func TestHostileServer(t *testing.T) {
	t.Setenv("CIVIC_ETL_STATE", t.TempDir())
	escaped := strings.NewReplacer("\x1b", `\u001b`, "\a", `\u0007`, "\r", `\r`, "\x00", `\u0000`).Replace(hostile)
	for name, answer := range map[string]string{
		"an error of GraphQL": `{"errors":[{"message":"` + escaped + `","path":["` + escaped + `"]}]}`,
		"not GraphQL":         hostile,
		"another type":        `{"data":{"evidenceItems":{"totalCount":1,"pageInfo":{"hasNextPage":false},"nodes":[{"id":1,"evidenceLevel":"` + escaped + `"}]}}}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if name == "not GraphQL" {
				w.Header().Set("Content-Type", "text/html")
			}
			_, _ = w.Write([]byte(answer))
		}))
		dir := t.TempDir()
		spec := filepath.Join(dir, "small.yaml")
		text := "version: 1\nname: small\nsource: {retries: 0, patience: 0s}\nextract: {from: evidenceItems}\ncolumns: {id: id, level: evidenceLevel}\n" +
			"checks: [{values: {level: [A]}}]\nload: {to: " + filepath.Join(dir, "out") + "}\n"
		if err := os.WriteFile(spec, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"text", "json"} {
			var stdout, stderr bytes.Buffer
			status := execute([]string{"civic-etl", "run", spec, "--endpoint", server.URL, "--log-format", format}, &stdout, &stderr)
			if status == exitOK || acted(strings.ReplaceAll(stdout.String()+stderr.String(), "\t", "")) || stderr.Len() == 0 {
				t.Errorf("%s, %s: status %d, %q %q", name, format, status, &stdout, &stderr)
			}
		}
		server.Close()
	}
}
