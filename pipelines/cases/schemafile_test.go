package cases

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

const schemaFolder = "../../schemas/"

// specSchema is the JSON Schema of the language, of the very tables the decoder
// reads by; casesSchema that of cases.
func specSchema(t *testing.T) []byte {
	t.Helper()
	return languageSchema(t, "pipeline", "civic-etl pipeline", spec.Shape.Schema)
}

func casesSchema(t *testing.T) []byte {
	t.Helper()
	return languageSchema(t, "cases", "civic-etl cases of a pipeline", caseFileShape.Schema)
}

func languageSchema(t *testing.T, name, title string, schema map[string]any) []byte {
	t.Helper()
	whole := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://github.com/civic-etl/civic-etl/schemas/" + name + ".schema.json",
		"title":   title,
	}
	for k, v := range schema {
		whole[k] = v
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSchemaFileIsUpToDate(t *testing.T) {
	testkit.Golden(t, schemaFolder+"pipeline.schema.json", string(specSchema(t)))
	testkit.Golden(t, schemaFolder+"cases.schema.json", string(casesSchema(t)))
}

func compiledSchema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("spec.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainValue is a node as an editor's validator sees it.
func plainValue(n *document.Node) any {
	switch n.Kind {
	case document.MapNode:
		m := map[string]any{}
		for _, e := range n.Entries {
			m[e.Key] = plainValue(e.Value)
		}
		return m
	case document.ListNode:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainValue(item))
		}
		return list
	}
	switch v := (document.Literal{Text: n.Text, Plain: n.Plain}).Value().(type) {
	case int64:
		return json.Number(n.Text)
	default:
		return v
	}
}

func editorSees(t *testing.T, file string) any {
	t.Helper()
	d := &document.Decoder{FaultList: document.FaultList{File: file}, Language: spec.Language}
	root := d.Parse(testkit.Read(t, file))
	if root == nil {
		t.Fatalf("%s is not YAML: %v", file, d.Err())
	}
	return plainValue(root)
}

// What an editor says of a spec and what the decoder says must agree: good
// specs pass, and specs that are wrong in their shape pass neither.
func TestSchemaFileAgreesWithDecoder(t *testing.T) {
	s := compiledSchema(t, specSchema(t))
	for _, file := range append(testkit.SpecFiles(t, ".."), testkit.Files(t, "../testdata/good/*.yaml")...) {
		if err := s.Validate(editorSees(t, file)); err != nil {
			t.Errorf("%s is good, but not to an editor: %v", file, err)
		}
	}
	for _, file := range testkit.Files(t, "../testdata/bad/shape-*.yaml") {
		if s.Validate(editorSees(t, file)) == nil {
			t.Errorf("%s is bad, but an editor takes it", file)
		}
	}
}

// Every key of the language has words for an editor to show.
func TestSchemaFileDescribesEveryKey(t *testing.T) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			properties, _ := v["properties"].(map[string]any)
			for key, p := range properties {
				described, _ := p.(map[string]any)["description"].(string)
				if !strings.HasSuffix(described, ".") {
					t.Errorf("%s.%s has no description", path, key)
				}
			}
			for key, child := range v {
				walk(path+"."+key, child)
			}
		case []any:
			for _, child := range v {
				walk(path, child)
			}
		}
	}
	for _, text := range [][]byte{specSchema(t), casesSchema(t)} {
		var doc any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		walk("", doc)
	}
}
