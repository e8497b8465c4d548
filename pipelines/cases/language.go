package cases

import (
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// The language of a file of cases. The decoder and schemas/cases.schema.json are both made from these tables.

var caseLanguage = &document.Language{Noun: "file of cases", Plural: "cases", Example: "pipelines/evidence_test.yaml"}

type caseFile struct {
	document.Part
	version int
	shared  *document.Node
	cases   []testCase
}

// testCase is one case: records of the API, and the expected rows, rejects and failed checks.
type testCase struct {
	document.Part
	name      string
	doc       string
	set       *document.Node
	nodes     *document.Node // a list of records as the API returns them
	nodesFrom string
	lookups   []lookupNodes
	from      string         // connection; "": the spec's first
	rows      *document.Node // a list, or a map of lists by table
	rejects   []wantReject
	checks    []document.Word

	plan   *plan.Plan // of the spec with the values of set
	answer []byte     // the page of the API with the nodes
	looked []looked   // by lookup of the plan
	tables [][]want   // by table of the plan; nil: not compared
}

// lookupNodes are the records of a lookup.
type lookupNodes struct {
	name  document.Word
	nodes *document.Node
}

// wantReject is an expected reject. Absent fields are not compared.
type wantReject struct {
	document.Part
	id                  *document.Node
	table, path, reason string
}

var caseFileShape = document.Object(
	"Cases of a pipeline: records in, rows out. `civic-etl test` runs them, with no network.", caseFileFields)

var caseFileFields = []document.Field[caseFile]{
	{Key: "version", Doc: "Version of this language.", Required: "write `version: 1`",
		To: document.Into(spec.VersionShape, func(f *caseFile) *int { return &f.version })},
	{Key: "shared", Doc: "A place for YAML anchors that the cases use; it means nothing by itself.",
		To: document.Into(anything, func(f *caseFile) **document.Node { return &f.shared })},
	{Key: "cases", Doc: "The cases, run in this order.", Required: "write a list: " + caseExample,
		To: document.Into(someOf(document.ListOf(caseShape(), caseExample), "case"),
			func(f *caseFile) *[]testCase { return &f.cases })},
}

const caseExample = "`- {name: …, nodes: […], rows: […]}`"

func caseShape() document.Shape[testCase] {
	s := document.Object("One case.", caseFields)
	s.Schema["oneOf"] = []any{
		map[string]any{"required": []string{"nodes"}},
		map[string]any{"required": []string{"nodes_from"}},
	}
	return s
}

var caseFields = []document.Field[testCase]{
	{Key: "name", Doc: "What the case shows, in a few words; each case has another.",
		Required: "say what the case shows: `name: a null rating stays null`",
		To:       document.Into(document.SomeText(nil), func(c *testCase) *string { return &c.name })},
	{Key: "doc", Doc: "More about it, for people.",
		To: document.Into(document.AnyText(nil), func(c *testCase) *string { return &c.doc })},
	{Key: "set", Doc: "Values over the spec for this case, as `--set` takes them: {extract.args.status: SUBMITTED}.",
		To: document.Into(spec.ArgsShape, func(c *testCase) **document.Node { return &c.set })},
	{Key: "nodes", Doc: "Records as the API returns them: every field of the query, nested connections as {nodes: […]}.",
		To: document.Into(nodesShape, func(c *testCase) **document.Node { return &c.nodes })},
	{Key: "nodes_from", Doc: "File of records in place of `nodes`, beside this file: " +
		"NDJSON (.ndjson, .ndjson.gz) or pages of `run --record`.",
		To: document.Into(document.SomeText(nil), func(c *testCase) *string { return &c.nodesFrom })},
	{Key: "from", Doc: "The connection whose records they are, where the spec has several; without it the first.",
		To: document.Into(document.SomeText(nil), func(c *testCase) *string { return &c.from })},
	{Key: "lookups", Doc: "Records of the spec's lookups, by name; without them a lookup has no values.",
		To: document.Into(document.MapOf(lookupNames, nodesShape, func(name string, pos document.Pos, n *document.Node) lookupNodes {
			return lookupNodes{document.Word{Text: name, Node: &document.Node{Pos: pos}}, n}
		}), func(c *testCase) *[]lookupNodes { return &c.lookups })},
	{Key: "rows", Doc: "Rows the spec must give of the nodes, all of them; only the columns a row lists are compared. " +
		"A list, or with `tables:` a map of lists by table. Empty: `test --update` writes them.",
		Required: "write the expected rows: `rows: []`, or `rows:` alone for `civic-etl test --update` to fill in",
		To:       document.Into(rowsShape, func(c *testCase) **document.Node { return &c.rows })},
	{Key: "rejects", Doc: "Records that must be rejected, in their order; without it none may be.",
		To: document.Into(document.ListOf(rejectShape, "`- {path: evidenceRating}`"),
			func(c *testCase) *[]wantReject { return &c.rejects })},
	{Key: "checks", Doc: "Words of the data checks that must fail, each of one; without it none may. " +
		"Checks that count rows or read other folders are skipped.",
		To: document.Into(document.ListOf(phrase, "`- values of level`"),
			func(c *testCase) *[]document.Word { return &c.checks })},
}

var lookupNames = document.Naming{What: "lookup", Pattern: spec.TableName.String(),
	Check: func(string) string { return "" }} // unknown names are reported with the nearest known one

var rejectShape = document.Object("A rejected record. Absent fields are not compared.", rejectFields)

var rejectFields = []document.Field[wantReject]{
	{Key: "id", Doc: "Id of the record.",
		To: document.Into(anything, func(r *wantReject) **document.Node { return &r.id })},
	{Key: "table", Doc: "Table whose column the value does not fit.",
		To: document.Into(document.SomeText(nil), func(r *wantReject) *string { return &r.table })},
	{Key: "path", Doc: "Path of the value in the record, such as therapies[1].name.",
		To: document.Into(document.SomeText(nil), func(r *wantReject) *string { return &r.path })},
	{Key: "reason", Doc: "Words that the reason holds.",
		To: document.Into(document.SomeText(nil), func(r *wantReject) *string { return &r.reason })},
}

var phrase = document.Shape[document.Word]{
	Schema: document.SomeText(nil).Schema,
	Read: func(d *document.Decoder, n *document.Node, name string) (document.Word, bool) {
		text, ok := document.SomeText(nil).Read(d, n, name)
		return document.Word{Text: text, Node: n}, ok
	},
}

// anything is a value to read later, or never.
var anything = document.Shape[*document.Node]{
	Schema: map[string]any{},
	Read:   func(_ *document.Decoder, n *document.Node, _ string) (*document.Node, bool) { return n, true },
}

var nodesShape = document.Shape[*document.Node]{
	Schema: map[string]any{"type": "array", "items": map[string]any{"type": "object"}},
	Read: func(d *document.Decoder, n *document.Node, name string) (*document.Node, bool) {
		if n.Kind != document.ListNode {
			d.Fault(n.Pos, "write a list of records as the API returns them: `- {id: 1, …}`", "%s is %s",
				name, document.Describe(n))
			return nil, false
		}
		for _, item := range n.Items {
			if item.Kind != document.MapNode {
				d.Fault(item.Pos, "write a map of fields, for example {id: 1, …}", "%s holds %s", name, document.Describe(item))
				return nil, false
			}
		}
		return n, true
	},
}

// rowsShape is read later, when the columns of the tables are known.
var rowsShape = document.Shape[*document.Node]{
	Schema: map[string]any{"anyOf": []any{
		rowListSchema, map[string]any{"type": "object", "additionalProperties": rowListSchema},
	}},
	Read: anything.Read,
}

var rowListSchema = map[string]any{"type": []string{"array", "null"}, "items": map[string]any{"type": "object"}}

func someOf[V any](s document.Shape[[]V], what string) document.Shape[[]V] {
	read := s.Read
	s.Schema["type"], s.Schema["minItems"] = "array", 1
	s.Read = func(d *document.Decoder, n *document.Node, name string) ([]V, bool) {
		if n.Null() || n.Kind == document.ListNode && len(n.Items) == 0 {
			d.Fault(n.Pos, "write at least one "+what, "%s is %s", name, document.Describe(n))
			return nil, false
		}
		return read(d, n, name)
	}
	return s
}
