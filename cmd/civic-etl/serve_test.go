package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/schemas"
)

// serve [schema=FILE] [key=KEY] [fault=FAULT] [introspection=off] serves the
// demo API until the script ends; $ENDPOINT is where.
func serveAPI(ts *testscript.TestScript, neg bool, args []string) {
	var o demoapi.Options
	var wrap func(http.Handler) http.Handler = func(h http.Handler) http.Handler { return h }
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "schema":
			schema, err := schemas.Open(ts.MkAbs(value))
			ts.Check(err)
			o.Schema = schema
		case "key":
			o.Keys = append(o.Keys, value)
		case "fault":
			fault, err := demoapi.ParseFault(value)
			ts.Check(err)
			o.Faults = append(o.Faults, fault)
		case "introspection":
			wrap = withoutIntrospection
		default:
			ts.Fatalf("serve: what is %s?", arg)
		}
	}
	handler, err := demoapi.New(o)
	ts.Check(err)
	server := httptest.NewServer(wrap(handler))
	ts.Defer(server.Close)
	ts.Setenv("ENDPOINT", server.URL+"/api/graphql")
}

// withoutIntrospection answers as a server that has it switched off.
func withoutIntrospection(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("__type(")) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"errors":[{"message":"Field '__type' doesn't exist on type 'Query'","extensions":{"code":"undefinedField"}}]}`)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// apiSchema FILE EDITS writes the schema of the API as SDL, changed: each line of
// EDITS, `TYPE | OLD | NEW`, replaces a text in the definition of a type, or of a
// root connection.
func apiSchema(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: apischema FILE EDITS")
	}
	var all strings.Builder
	for _, name := range sdlFiles {
		text, err := os.ReadFile(name)
		ts.Check(err)
		all.Write(text)
	}
	sdl := all.String()
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		parts := strings.Split(strings.TrimSpace(line), " | ")
		if len(parts) != 3 {
			ts.Fatalf("%q: want TYPE | OLD | NEW", line)
		}
		from := defined(sdl, parts[0])
		at := strings.Index(sdl[max(from, 0):], parts[1])
		if from < 0 || at < 0 {
			ts.Fatalf("%q is not in the schema", line)
		}
		at += from
		sdl = sdl[:at] + parts[2] + sdl[at+len(parts[1]):]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(sdl), 0o666))
}

// defined finds a type, or else a root connection.
func defined(sdl, name string) int {
	for _, kind := range []string{"type", "enum", "interface", "input"} {
		if at := strings.Index(sdl, "\n"+kind+" "+name+" "); at >= 0 {
			return at
		}
	}
	root := strings.Index(sdl, "\ntype Query {")
	if at := strings.Index(sdl[root:], "\n  "+name+"("); at >= 0 {
		return root + at
	}
	return -1
}

// sdlFiles are found before any script changes the folder.
var sdlFiles = func() []string {
	names, _ := filepath.Glob("../../schemas/civic/*.graphql")
	for i := range names {
		names[i], _ = filepath.Abs(names[i])
	}
	return names
}()
