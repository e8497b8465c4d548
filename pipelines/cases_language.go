package pipelines

// The language of cases: what stands in evidence_test.yaml beside evidence.yaml.
// As with specs, the decoder and schemas/cases.schema.json are both made of
// these tables.

var caseLanguage = &language{noun: "file of cases", plural: "cases", example: "pipelines/evidence_test.yaml"}

// caseFile is a file of cases as its author wrote it.
type caseFile struct {
	marks
	version int
	shared  *node
	cases   []testCase
}

// testCase is one case: what the API gives, and what must become of it.
type testCase struct {
	marks
	name      string
	doc       string
	set       *node
	nodes     *node // a list of records as the API returns them
	nodesFrom string
	from      string // connection; "": the spec's first
	rows      *node  // a list, or a map of lists by table
	rejects   []wantReject
	checks    []word

	plan   *Plan    // of the spec, with what set puts over it
	answer []byte   // the page of the API that holds the nodes
	tables [][]want // by table of the plan; nil: not looked at
}

// wantReject is what a case says of a rejected record; what it leaves out is
// not looked at.
type wantReject struct {
	marks
	id                  *node
	table, path, reason string
}

var caseFileShape = object("Cases of a pipeline: records in, rows out. `civic-etl test` runs them, with no network.", caseFileFields)

var caseFileFields = []field[caseFile]{
	{key: "version", doc: "Version of this language.", required: "write `version: 1`",
		to: into(versionShape, func(f *caseFile) *int { return &f.version })},
	{key: "shared", doc: "A place for YAML anchors that the cases use; it means nothing by itself.",
		to: into(anything, func(f *caseFile) **node { return &f.shared })},
	{key: "cases", doc: "The cases, run in this order.", required: "write a list: `- {name: …, nodes: […], rows: […]}`",
		to: into(someOf(listOf(caseShape(), "`- {name: …, nodes: […], rows: […]}`"), "case"), func(f *caseFile) *[]testCase { return &f.cases })},
}

func caseShape() shape[testCase] {
	s := object("One case.", caseFields)
	s.schema["oneOf"] = []any{
		map[string]any{"required": []string{"nodes"}},
		map[string]any{"required": []string{"nodes_from"}},
	}
	return s
}

var caseFields = []field[testCase]{
	{key: "name", doc: "What the case shows, in a few words; each case has another.", required: "say what the case shows: `name: a null rating stays null`",
		to: into(someText(nil), func(c *testCase) *string { return &c.name })},
	{key: "doc", doc: "More about it, for people.",
		to: into(anyText(nil), func(c *testCase) *string { return &c.doc })},
	{key: "set", doc: "Values over the spec for this case, as `--set` takes them: {extract.args.status: SUBMITTED}.",
		to: into(argsShape, func(c *testCase) **node { return &c.set })},
	{key: "nodes", doc: "Records as the API returns them: every field the query asks for, nested connections as {nodes: […]}.",
		to: into(nodesShape, func(c *testCase) **node { return &c.nodes })},
	{key: "nodes_from", doc: "File of records in place of `nodes`, beside this file: NDJSON (.ndjson, .ndjson.gz) or pages that `run --record` kept.",
		to: into(someText(nil), func(c *testCase) *string { return &c.nodesFrom })},
	{key: "from", doc: "The connection whose records they are, where the spec has several; without it the first.",
		to: into(someText(nil), func(c *testCase) *string { return &c.from })},
	{key: "rows", doc: "Rows the spec must give of the nodes, all of them; only the columns a row lists are compared. A list, or with `tables:` a map of lists by table. Empty: `test --update` writes them.",
		required: "write the rows that must come out: `rows: []`, or `rows:` alone for `civic-etl test --update` to fill in",
		to:       into(rowsShape, func(c *testCase) **node { return &c.rows })},
	{key: "rejects", doc: "Records that must be rejected, in their order; without it none may be.",
		to: into(listOf(object("A rejected record: what is left out is not compared.", rejectFields), "`- {path: evidenceRating}`"), func(c *testCase) *[]wantReject { return &c.rejects })},
	{key: "checks", doc: "Words of the data checks that must fail, each of one; without it none may. Those that count rows or look into other folders are not made.",
		to: into(listOf(phrase, "`- values of level`"), func(c *testCase) *[]word { return &c.checks })},
}

var rejectFields = []field[wantReject]{
	{key: "id", doc: "Id of the record.",
		to: into(anything, func(r *wantReject) **node { return &r.id })},
	{key: "table", doc: "Table whose column the value does not fit.",
		to: into(someText(nil), func(r *wantReject) *string { return &r.table })},
	{key: "path", doc: "Path of the value in the record, such as therapies[1].name.",
		to: into(someText(nil), func(r *wantReject) *string { return &r.path })},
	{key: "reason", doc: "Words that the reason holds.",
		to: into(someText(nil), func(r *wantReject) *string { return &r.reason })},
}

// phrase is a text with its place.
var phrase = shape[word]{
	schema: someText(nil).schema,
	read: func(d *decoder, n *node, name string) (word, bool) {
		text, ok := someText(nil).read(d, n, name)
		return word{Text: text, node: n}, ok
	},
}

// anything is a value that is read later, or never.
var anything = shape[*node]{
	schema: map[string]any{},
	read:   func(_ *decoder, n *node, _ string) (*node, bool) { return n, true },
}

var nodesShape = shape[*node]{
	schema: map[string]any{"type": "array", "items": map[string]any{"type": "object"}},
	read: func(d *decoder, n *node, name string) (*node, bool) {
		if n.kind != listNode {
			d.fault(n.pos, "write a list of records as the API returns them: `- {id: 1, …}`", "%s is %s", name, describeEmpty(n))
			return nil, false
		}
		for _, item := range n.items {
			if item.kind != mapNode {
				d.fault(item.pos, "write a map of fields, such as {id: 1, …}", "%s holds %s", name, describe(item))
				return nil, false
			}
		}
		return n, true
	},
}

// rowsShape is read against the columns of the tables, once they are known.
var rowsShape = shape[*node]{
	schema: map[string]any{"anyOf": []any{rowListSchema, map[string]any{"type": "object", "additionalProperties": rowListSchema}}},
	read:   anything.read,
}

var rowListSchema = map[string]any{"type": []string{"array", "null"}, "items": map[string]any{"type": "object"}}

// someOf is a list with at least one element.
func someOf[V any](s shape[[]V], what string) shape[[]V] {
	read := s.read
	s.schema["type"], s.schema["minItems"] = "array", 1
	s.read = func(d *decoder, n *node, name string) ([]V, bool) {
		if n.null() || n.kind == listNode && len(n.items) == 0 {
			d.fault(n.pos, "write at least one "+what, "%s is %s", name, describeEmpty(n))
			return nil, false
		}
		return read(d, n, name)
	}
	return s
}
