package schemas

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a schema with a connection CIViC has and one it has not.
const small = `
type Query {
  variants(first: Int, after: String, ids: [Int!]): ThingConnection!
  things(first: Int, after: String, ids: [Int!], kind: Kind! = A, colour: String!): ThingConnection!
  lists(first: Int, after: String): ThingConnection!
  thing(id: Int!): Thing
  other: Int
}
type ThingConnection { nodes: [Thing]! pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Thing { id: Int! made: ISO8601Date size: BigInt kinds: [Kind]! grid: [[Int]] parts(first: Int, after: String): ThingConnection plain: ThingConnection deep(at: Int!): Thing }
enum Kind { A B }
scalar ISO8601Date
scalar BigInt
`

func write(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenSDL(t *testing.T) {
	for name, text := range map[string][]byte{
		"s.graphql": []byte(small), "s.graphql.gz": zipped(t, small), "bom.graphql": []byte("\ufeff" + small),
	} {
		s, err := Open(write(t, name, text))
		if err != nil {
			t.Fatal(err)
		}
		checkSmall(t, s)
	}
}

func checkSmall(t *testing.T, s *Schema) {
	t.Helper()
	want := []Connection{
		{Name: "lists", Node: "Thing", Single: "thing", MaxPage: 100},
		{Name: "things", Node: "Thing", Single: "thing", MaxPage: 100, HasIDsArg: true, IDs: true},
		{
			Name: "variants", Node: "Thing", Single: "thing", MaxPage: 300, HasIDsArg: true, IDs: true,
			DefaultFilter: "deprecated ones are left out", Doc: connection(t, "variants").Doc,
		},
	}
	if len(s.Connections()) != len(want) {
		t.Fatalf("%d connections", len(s.Connections()))
	}
	for i, c := range s.Connections() {
		if !sameFacts(*c, want[i]) {
			t.Errorf("got %+v, want %+v", *c, want[i])
		}
	}
	things := s.Connections()[1]
	if args := things.Args; len(args) != 3 || args[1].DefaultValue.Raw != "A" || Required(args[1]) || !Required(args[2]) {
		t.Errorf("arguments %+v", args)
	}
	faults := s.CheckArgs(things, values{"kind": "A"})
	if len(faults) != 1 || faults[0].What != "things needs the argument colour (String!)" {
		t.Errorf("faults %v", faults)
	}
	checkSmallPaths(t, s)
}

func checkSmallPaths(t *testing.T, s *Schema) {
	t.Helper()
	for text, want := range map[string]string{
		"made": "date?", "size": "string?", "kinds": "list<string>~", "parts.id": "list<int64>?~", "plain.nodes.id": "list<int64>?~",
		"grid": "Thing.grid is a list of lists, which no column can hold", "deep.id": "Thing.deep needs an argument (at: Int!), which a path cannot pass",
	} {
		path, err := s.Resolve("Thing", text)
		if err != nil && err.Error() != want || err == nil && show(path.Type) != want {
			t.Errorf("%s: %v %v", text, path, err)
		}
	}
}

const smallIntrospection = `{"__schema": {"queryType": {"name": "Root"}, "types": [
  {"kind": "OBJECT", "name": "Root", "interfaces": [], "fields": [
    {"name": "things", "description": "say \"hi\"\n", "isDeprecated": true, "deprecationReason": "old", "args": [
       {"name": "first", "type": {"kind": "SCALAR", "name": "Int"}}, {"name": "after", "type": {"kind": "SCALAR", "name": "String"}},
       {"name": "kind", "type": {"kind": "ENUM", "name": "Kind"}, "defaultValue": "A"}],
     "type": {"kind": "NON_NULL", "ofType": {"kind": "OBJECT", "name": "ThingConnection"}}}]},
  {"kind": "OBJECT", "name": "ThingConnection", "fields": [
    {"name": "nodes", "args": [], "type": {"kind": "LIST", "ofType": {"kind": "INTERFACE", "name": "Named"}}},
    {"name": "pageInfo", "args": [], "type": {"kind": "SCALAR", "name": "JSON"}}]},
  {"kind": "INTERFACE", "name": "Named", "possibleTypes": [{"name": "Thing"}, {"name": "Thing"}],
   "fields": [{"name": "id", "args": [], "type": {"kind": "SCALAR", "name": "Int"}}]},
  {"kind": "OBJECT", "name": "Thing", "interfaces": [{"name": "Named"}, {"name": "Named"}],
   "fields": [{"name": "id", "args": [], "type": {"kind": "SCALAR", "name": "Int"}}]},
  {"kind": "ENUM", "name": "Kind", "enumValues": [{"name": "A", "isDeprecated": true}, {"name": "B"}]},
  {"kind": "INPUT_OBJECT", "name": "In", "inputFields": [{"name": "x", "type": {"kind": "SCALAR", "name": "Int"}, "defaultValue": "1"}]},
  {"kind": "UNION", "name": "Any", "possibleTypes": [{"name": "Thing"}]},
  {"kind": "SCALAR", "name": "JSON"}, {"kind": "SCALAR", "name": "Int"}, {"kind": "OBJECT", "name": "__Type", "fields": []}
]}}`

func TestOpenIntrospection(t *testing.T) {
	for name, text := range map[string][]byte{
		"raw.json": []byte(smallIntrospection), "data.json": []byte(`{"data": ` + smallIntrospection + `}`),
		"data.json.gz": zipped(t, ` {"data": `+smallIntrospection+`}`),
	} {
		s, err := Open(write(t, name, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		things, err := s.Connection("things")
		if err != nil || things.Node != "Named" || things.Doc != "say \"hi\"\n" || things.Args[0].DefaultValue.Raw != "A" {
			t.Errorf("%s: %+v %v", name, things, err)
		}
		path, err := s.Resolve("Named", "Thing.id")
		if err != nil || show(path.Type) != "int64?" {
			t.Errorf("%s: %+v %v", name, path, err)
		}
		if len(s.objects(s.AST().Types["Named"])) != 1 {
			t.Errorf("%s: a type is listed twice", name)
		}
	}
}

func TestOpenTheServersSchema(t *testing.T) {
	s := openServer(t)
	if len(s.Connections()) != len(Embedded().Connections()) {
		t.Fatalf("%d connections", len(s.Connections()))
	}
	for i, c := range s.Connections() {
		here := *Embedded().Connections()[i]
		here.Doc = c.Doc // the server has words of its own
		if !sameFacts(*c, here) || len(c.Args) != len(here.Args) {
			t.Errorf("got %+v, want %+v", *c, here)
		}
	}
	if len(s.SHA256()) != 64 || s.SHA256() == Embedded().SHA256() {
		t.Errorf("hash %q", s.SHA256())
	}
}

func TestOpenFaults(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":            {"", "it is empty"},
		"blank":            {" \n\t", "it is empty"},
		"prose":            {"this is no schema", "it is not a valid GraphQL schema: line 1: Unexpected Name \"this\""},
		"no Query":         {"type A { x: Int }", "it is not a valid GraphQL schema: it has no Query type"},
		"no connections":   {"type Query { x: Int }", "its Query type has no connections"},
		"unknown type":     {"type Query { x: Nothing }", "it is not a valid GraphQL schema: line 1: Undefined type Nothing"},
		"own interface":    {"interface I implements I { x: Int } type Query { i: I }", "it is not a valid GraphQL schema"},
		"interface cycle":  {"interface I implements J { x: Int } interface J implements I { x: Int } type Query { i: I }", "it is not a valid GraphQL schema"},
		"input cycle":      {"input A { b: B! } input B { a: A! } type Query { x(a: A): Int }", "it is not a valid GraphQL schema: line 1: Cannot reference Input Object"},
		"own union":        {"union U = U type Query { u: U }", "it is not a valid GraphQL schema"},
		"twice":            {"type Query { x: Int } type Query { x: Int }", "it is not a valid GraphQL schema: line 1: Cannot redeclare type Query"},
		"nested":           {"type Query { x: " + strings.Repeat("[", 2<<20) + " }", "it is not a valid GraphQL schema: line 1: exceeded maximum nesting depth"},
		"cut JSON":         {`{"data": {"__schema": `, "it is not introspection JSON: unexpected end of JSON input"},
		"other JSON":       {`{"data": {"viewer": null}}`, "the JSON has no __schema"},
		"a list":           {`[1, 2]`, "the JSON does not have the form of an introspection answer"},
		"refused":          {`{"errors": [{"message": "introspection is off"}]}`, "the server answered the introspection query with: introspection is off"},
		"no types":         {`{"__schema": {"queryType": {"name": "Query"}, "types": []}}`, "the JSON has no __schema"},
		"type without one": {`{"__schema": {"queryType": {"name": "Q"}, "types": [{"kind": "OBJECT", "name": "Q", "fields": [{"name": "x"}]}]}}`, "the introspection answer is broken: the type of a field is cut off"},
		"bad name":         {`{"__schema": {"queryType": {"name": "Q"}, "types": [{"kind": "SCALAR", "name": "a b"}]}}`, `the introspection answer has "a b" as a name`},
		"bad kind":         {`{"__schema": {"queryType": {"name": "Q"}, "types": [{"kind": "THING", "name": "Q"}]}}`, "the introspection answer is broken: type Q has the unknown kind"},
		"cut gzip":         {string(zipped(t, small)[:40]), "unpack it: unexpected EOF"},
		"no gzip":          {"\x1f\x8b\x00\x00", "unpack it: "},
		"huge gzip":        {string(zipped(t, strings.Repeat(" ", maxSchemaBytes+1))), "unpack it: it is larger than 32 MB, the limit for a schema"},
		"HTML":             {"<!DOCTYPE html><html></html>", "it is not a valid GraphQL schema: line 1"},
	}
	for name, test := range tests {
		path := write(t, "schema", []byte(test.text))
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), "read the schema "+path+": "+test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenMissing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.graphql")
	if _, err := Open(missing); err == nil || err.Error() != "read the schema "+missing+": no such file or directory" {
		t.Error(err)
	}
	folder := t.TempDir()
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(smallIntrospection))
	f.Add([]byte("interface I implements I { x: Int } type Query { i: I }"))
	f.Add([]byte(`{"__schema": {"queryType": {"name": "Query"}, "types": [{"kind": "ENUM", "name": "Query"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parse("fuzz", text)
		if err != nil {
			return
		}
		for _, c := range s.Connections() {
			for _, path := range reachable(s, s.AST().Types[c.Node], "", 2) {
				if _, err := s.Resolve(c.Node, path); err != nil && !strings.Contains(err.Error(), "list of lists") {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
	})
}
