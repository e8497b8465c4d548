package schemas

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedFile is a file that stands beside the repository on the project's
// machines and is no part of it. Without it the test is skipped, but for CI.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "civic", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs %s: %v", path, err)
		}
		t.Skipf("skipped: %v", err)
	}
	return path
}

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// server is CIViC's schema as its introspection tells it, decoded here without
// the code under test.
type server map[string]serverType

type serverType struct {
	Kind          string        `json:"kind"`
	Name          string        `json:"name"`
	Description   string        `json:"description"`
	Fields        []serverField `json:"fields"`
	InputFields   []serverInput `json:"inputFields"`
	Interfaces    []serverRef   `json:"interfaces"`
	PossibleTypes []serverRef   `json:"possibleTypes"`
	EnumValues    []serverInput `json:"enumValues"`
}

type serverField struct {
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Args         []serverInput `json:"args"`
	Type         serverRef     `json:"type"`
	IsDeprecated bool          `json:"isDeprecated"`
}

type serverInput struct {
	Name         string    `json:"name"`
	Description  string    `json:"description"`
	Type         serverRef `json:"type"`
	DefaultValue *string   `json:"defaultValue"`
}

type serverRef struct {
	Kind   string     `json:"kind"`
	Name   string     `json:"name"`
	OfType *serverRef `json:"ofType"`
}

func (r serverRef) String() string {
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.Name
}

func introspected(t testing.TB) server {
	t.Helper()
	var answer struct {
		Data struct {
			Schema struct {
				Types []serverType `json:"types"`
			} `json:"__schema"`
		} `json:"data"`
	}
	if err := json.Unmarshal(unzip(t, sharedFile(t, "schema.introspection.json.gz")), &answer); err != nil {
		t.Fatal(err)
	}
	types := server{}
	for _, typ := range answer.Data.Schema.Types {
		types[typ.Name] = typ
	}
	return types
}

func (t serverType) field(name string) *serverField {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

func find(inputs []serverInput, name string) *serverInput {
	for i := range inputs {
		if inputs[i].Name == name {
			return &inputs[i]
		}
	}
	return nil
}

func refNames(refs []serverRef) map[string]bool {
	set := map[string]bool{}
	for _, ref := range refs {
		set[ref.Name] = true
	}
	return set
}

// lines decodes an NDJSON text.
func lines[T any](t testing.TB, text []byte) []T {
	t.Helper()
	var list []T
	for line := range strings.Lines(string(text)) {
		var value T
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	return list
}
