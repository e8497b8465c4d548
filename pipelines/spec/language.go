package spec

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// The language of specs: every key, with what it may hold, its default and what
// an editor says of it. The decoder and schemas/pipeline.schema.json are both
// made of these tables.

const (
	defaultEndpoint = "https://civicdb.org/api/graphql"
	defaultKeyEnv   = "CIVIC_API_KEY"
	maxNameLength   = 100
)

var pipelineName = regexp.MustCompile(`^[a-z0-9_-]{1,100}$`)

var nameShape = document.Matching(map[string]any{"pattern": pipelineName.String()},
	"use a-z, 0-9, _ and -, at most 100 of them", pipelineName.MatchString)

var Shape = specObject()

func specObject() document.Shape[Spec] {
	s := document.Object("A pipeline: what to extract, which columns to make of it, what must hold, and where it goes.", specFields())
	tableOnly := []any{}
	for _, key := range document.FieldKeys(tableFields) {
		tableOnly = append(tableOnly, map[string]any{"required": []string{key}})
	}
	s.Schema["oneOf"] = []any{
		map[string]any{"required": []string{"columns"}, "not": map[string]any{"required": []string{"tables"}}},
		map[string]any{"required": []string{"tables"}, "not": map[string]any{"anyOf": tableOnly}},
	}
	return s
}

func specFields() []document.Field[Spec] {
	fields := []document.Field[Spec]{
		{Key: "version", Doc: "Version of this language.", Required: "write `version: 1`",
			To: document.Into(VersionShape, func(s *Spec) *int { return &s.Version })},
		{Key: "name", Doc: "Name of the pipeline, and of its table if it has one.", Required: "name the pipeline, such as `name: evidence`",
			To: document.Into(nameShape, func(s *Spec) *string { return &s.Name })},
		{Key: "description", Doc: "What the pipeline gives, in a line.",
			To: document.Into(document.AnyText(nil), func(s *Spec) *string { return &s.Description })},
		{Key: "source", Doc: "Where to read from.", Absent: "{}",
			To: document.Into(document.Object("", sourceFields), func(s *Spec) *Source { return &s.Source })},
		{Key: "extract", Doc: "What to ask for.", Required: "say what to extract: `extract: {from: evidenceItems}`",
			To: document.Into(document.Object("", extractFields), func(s *Spec) *extraction { return &s.Extract })},
		{Key: "tables", Doc: "Several tables of one extraction, by name, in place of `columns`.",
			To: document.Into(tablesShape, func(s *Spec) *[]Table { return &s.Tables })},
		{Key: "max_rejects", Doc: "Records that may be left out because a value does not fit its column; more, and nothing is published.", Absent: "0",
			To: document.Into(document.Integer[int64](0, document.Unbounded), func(s *Spec) *int64 { return &s.MaxRejects })},
		{Key: "load", Doc: "Where to write, and how.", Required: "say where the output goes: `load: {to: out/evidence}`",
			To: document.Into(document.Object("", loadFields), func(s *Spec) *output { return &s.Load })},
	}
	return append(fields, lift(tableFields, func(s *Spec) *Table { return &s.single })...)
}

// lift makes the fields of a part those of the whole.
func lift[S, T any, P document.Marked[T]](fields []document.Field[T], place func(*S) P) []document.Field[S] {
	lifted := make([]document.Field[S], len(fields))
	for i, f := range fields {
		lifted[i] = document.Field[S]{Key: f.Key, Doc: f.Doc, Absent: f.Absent, To: document.Binding[S]{Schema: f.To.Schema,
			Read: func(d *document.Decoder, n *document.Node, name string, to *S) {
				if n.Pos != (document.Pos{}) {
					place(to).Mark(f.Key, n)
				}
				f.To.Read(d, n, name, (*T)(place(to)))
			}}}
	}
	return lifted
}

var Language = &document.Language{Noun: "spec", Plural: "specs", Example: "pipelines/evidence.yaml", Variables: true, Misplaced: misplaced}

var misplaced = map[string]string{
	"from": "extract", "args": "extract", "page_size": "extract", "paging": "extract",
	"to": "load", "formats": "load", "rows_per_file": "load",
	"endpoint": "source", "api_key_env": "source", "rate_limit": "source", "concurrency": "source", "timeout": "source", "retries": "source",
}

var VersionShape = document.Shape[int]{
	Schema: map[string]any{"enum": []int{1}},
	Read: func(d *document.Decoder, n *document.Node, name string) (int, bool) {
		l := document.Literal{}
		ok := n.Kind == document.ScalarNode
		if ok {
			if l, ok = d.Scalar(n); !ok {
				return 0, false
			}
		}
		v, isNumber := l.Value().(int64)
		switch {
		case ok && isNumber && v == 1:
			return 1, true
		case ok && isNumber:
			d.Fault(n.Pos, "write `version: 1`", "this program does not know version %d of %s", v, d.Language.Plural)
		default:
			d.Fault(n.Pos, "write `version: 1`", "%s cannot be %s", name, document.Describe(n))
		}
		return 0, false
	},
}

var sourceFields = []document.Field[Source]{
	{Key: "endpoint", Doc: "Address of the GraphQL API.", Absent: defaultEndpoint,
		To: document.Into(document.SomeText(nil), func(s *Source) *string { return &s.Endpoint })},
	{Key: "api_key_env", Doc: "Environment variable that holds the API key. The key itself never stands in a spec.", Absent: defaultKeyEnv,
		To: document.Into(keyEnvShape, func(s *Source) *string { return &s.APIKeyEnv })},
	{Key: "rate_limit", Doc: "Requests in any stretch of time. With an accepted API key and none given here: 10 in 1s.", Absent: "{}",
		To: document.Into(document.Object("", rateFields), func(s *Source) *Rate { return &s.Rate })},
	{Key: "concurrency", Doc: "Requests at a time.", Absent: "4",
		To: document.Into(document.Integer[int](1, 64), func(s *Source) *int { return &s.Concurrency })},
	{Key: "timeout", Doc: "Time one request may take.", Absent: "60s",
		To: document.Into(document.Duration(time.Millisecond, time.Hour), func(s *Source) *time.Duration { return &s.Timeout })},
	{Key: "retries", Doc: "Further tries of a request after the first.", Absent: "8",
		To: document.Into(document.Integer[int](0, 100), func(s *Source) *int { return &s.Retries })},
}

var rateFields = []document.Field[Rate]{
	{Key: "requests", Doc: "Requests in any `per`.", Absent: "900",
		To: document.Into(document.Integer[int](1, 1_000_000), func(r *Rate) *int { return &r.Requests })},
	{Key: "per", Doc: "Length of the stretch.", Absent: "5m",
		To: document.Into(document.Duration(time.Millisecond, 24*time.Hour), func(r *Rate) *time.Duration { return &r.Per })},
}

// keyEnvShape is the name of a variable. What stands there is never shown: it
// may be a key.
var keyEnvShape = document.Shape[string]{
	Schema: map[string]any{"type": "string", "pattern": document.VariableName.String()},
	Read: func(d *document.Decoder, n *document.Node, name string) (string, bool) {
		const hint = "put the key into an environment variable and its name here, such as CIVIC_API_KEY"
		switch {
		case n.Kind == document.ScalarNode && strings.Contains(n.Text, "${"):
			d.Fault(n.Pos, hint, "%s wants the name of a variable, not ${…}", name)
		case n.Kind != document.ScalarNode || n.Null() || !document.VariableName.MatchString(n.Text) || len(n.Text) > maxNameLength:
			d.Fault(n.Pos, hint, "%s is no name of an environment variable", name)
		case !strings.Contains(n.Text, "_") && len(n.Text) >= 20:
			d.Fault(n.Pos, hint, "%s looks like a key, not the name of a variable", name)
		default:
			return n.Text, true
		}
		return "", false
	},
}

var extractFields = []document.Field[extraction]{
	{Key: "from", Doc: "Root connection of the API, such as evidenceItems; or a list of several, one after another into the same tables.", Required: "name a root connection, such as `from: evidenceItems`",
		To: document.Into(document.OneOrMore("connections", map[string]any{"examples": connectionNames()}), func(e *extraction) *[]document.Word { return &e.From })},
	{Key: "args", Doc: "Arguments of the connection, such as {status: ACCEPTED}.",
		To: document.Into(ArgsShape, func(e *extraction) **document.Node { return &e.ArgNodes })},
	{Key: "page_size", Doc: "Records a page; without it as many as the connection gives (100; variants and molecularProfiles 300).",
		To: document.Into(document.Integer[int](1, 300), func(e *extraction) *int { return &e.PageSize })},
	{Key: "paging", Doc: "How pages are addressed: by offset, or by ranges of ids where the connection can; auto chooses.", Absent: "auto",
		To: document.Into(document.Choice(extract.PagingNames()), func(e *extraction) *string { return &e.Paging })},
}

func connectionNames() []string {
	var names []string
	for _, c := range schemas.Embedded().Connections() {
		names = append(names, c.Name)
	}
	return names
}

// ArgsShape is a map whose meaning the API's schema knows.
var ArgsShape = document.Shape[*document.Node]{
	Schema: map[string]any{"type": []string{"object", "null"}},
	Read: func(d *document.Decoder, n *document.Node, name string) (*document.Node, bool) {
		if n.Kind != document.MapNode && !n.Null() {
			d.Fault(n.Pos, "write a map of arguments, such as {status: ACCEPTED}", "%s is %s", name, document.Describe(n))
			return nil, false
		}
		return n, true
	},
}

var columnNames = document.Naming{
	What: "column", Pattern: `^[^\x00-\x1f\x7f]{1,128}$`,
	Check: func(name string) string {
		switch {
		case name == "" || strings.TrimSpace(name) != name:
			return "give it a name without spaces around it"
		case len(name) > 128:
			return "use at most 128 bytes"
		case strings.ContainsFunc(name, unicode.IsControl):
			return "leave control characters out"
		}
		return ""
	},
}

var TableName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

var tableNames = document.Naming{
	What: "table", Pattern: TableName.String(),
	Check: func(name string) string {
		if TableName.MatchString(name) {
			return ""
		}
		return "use a-z, 0-9, _ and -, at most 100 of them, beginning with a letter or digit"
	},
}
