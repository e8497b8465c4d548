package pipelines

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/civic-etl/civic-etl/extract"
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

var nameShape = matching(map[string]any{"pattern": pipelineName.String()},
	"use a-z, 0-9, _ and -, at most 100 of them", pipelineName.MatchString)

var specShape = specObject()

func specObject() shape[Spec] {
	s := object("A pipeline: what to extract, which columns to make of it, what must hold, and where it goes.", specFields())
	tableOnly := []any{}
	for _, key := range fieldKeys(tableFields) {
		tableOnly = append(tableOnly, map[string]any{"required": []string{key}})
	}
	s.schema["oneOf"] = []any{
		map[string]any{"required": []string{"columns"}, "not": map[string]any{"required": []string{"tables"}}},
		map[string]any{"required": []string{"tables"}, "not": map[string]any{"anyOf": tableOnly}},
	}
	return s
}

func specFields() []field[Spec] {
	fields := []field[Spec]{
		{key: "version", doc: "Version of this language.", required: "write `version: 1`",
			to: into(versionShape, func(s *Spec) *int { return &s.Version })},
		{key: "name", doc: "Name of the pipeline, and of its table if it has one.", required: "name the pipeline, such as `name: evidence`",
			to: into(nameShape, func(s *Spec) *string { return &s.Name })},
		{key: "description", doc: "What the pipeline gives, in a line.",
			to: into(anyText(nil), func(s *Spec) *string { return &s.Description })},
		{key: "source", doc: "Where to read from.", absent: "{}",
			to: into(object("", sourceFields), func(s *Spec) *Source { return &s.Source })},
		{key: "extract", doc: "What to ask for.", required: "say what to extract: `extract: {from: evidenceItems}`",
			to: into(object("", extractFields), func(s *Spec) *extraction { return &s.Extract })},
		{key: "tables", doc: "Several tables of one extraction, by name, in place of `columns`.",
			to: into(tablesShape, func(s *Spec) *[]tableSpec { return &s.Tables })},
		{key: "max_rejects", doc: "Records that may be left out because a value does not fit its column; more, and nothing is published.", absent: "0",
			to: into(integer[int64](0, unbounded), func(s *Spec) *int64 { return &s.MaxRejects })},
		{key: "load", doc: "Where to write, and how.", required: "say where the output goes: `load: {to: out/evidence}`",
			to: into(object("", loadFields), func(s *Spec) *output { return &s.Load })},
	}
	return append(fields, lift(tableFields, func(s *Spec) *tableSpec { return &s.single })...)
}

// lift makes the fields of a part those of the whole.
func lift[S, T any, P marked[T]](fields []field[T], place func(*S) P) []field[S] {
	lifted := make([]field[S], len(fields))
	for i, f := range fields {
		lifted[i] = field[S]{key: f.key, doc: f.doc, absent: f.absent, to: binding[S]{schema: f.to.schema,
			read: func(d *decoder, n *node, name string, to *S) {
				if n.pos != (Pos{}) {
					place(to).mark(f.key, n)
				}
				f.to.read(d, n, name, (*T)(place(to)))
			}}}
	}
	return lifted
}

var specLanguage = &language{noun: "spec", plural: "specs", example: "pipelines/evidence.yaml", variables: true, misplaced: misplaced}

var misplaced = map[string]string{
	"from": "extract", "args": "extract", "page_size": "extract", "paging": "extract",
	"to": "load", "formats": "load", "rows_per_file": "load",
	"endpoint": "source", "api_key_env": "source", "rate_limit": "source", "concurrency": "source", "timeout": "source", "retries": "source",
}

var versionShape = shape[int]{
	schema: map[string]any{"enum": []int{1}},
	read: func(d *decoder, n *node, name string) (int, bool) {
		l := literal{}
		ok := n.kind == scalarNode
		if ok {
			if l, ok = d.scalar(n); !ok {
				return 0, false
			}
		}
		v, isNumber := l.value().(int64)
		switch {
		case ok && isNumber && v == 1:
			return 1, true
		case ok && isNumber:
			d.fault(n.pos, "write `version: 1`", "this program does not know version %d of %s", v, d.language.plural)
		default:
			d.fault(n.pos, "write `version: 1`", "%s cannot be %s", name, describe(n))
		}
		return 0, false
	},
}

var sourceFields = []field[Source]{
	{key: "endpoint", doc: "Address of the GraphQL API.", absent: defaultEndpoint,
		to: into(someText(nil), func(s *Source) *string { return &s.Endpoint })},
	{key: "api_key_env", doc: "Environment variable that holds the API key. The key itself never stands in a spec.", absent: defaultKeyEnv,
		to: into(keyEnvShape, func(s *Source) *string { return &s.APIKeyEnv })},
	{key: "rate_limit", doc: "Requests in any stretch of time. With an accepted API key and none given here: 10 in 1s.", absent: "{}",
		to: into(object("", rateFields), func(s *Source) *rate { return &s.rate })},
	{key: "concurrency", doc: "Requests at a time.", absent: "4",
		to: into(integer[int](1, 64), func(s *Source) *int { return &s.Concurrency })},
	{key: "timeout", doc: "Time one request may take.", absent: "60s",
		to: into(duration(time.Millisecond, time.Hour), func(s *Source) *time.Duration { return &s.Timeout })},
	{key: "retries", doc: "Further tries of a request after the first.", absent: "8",
		to: into(integer[int](0, 100), func(s *Source) *int { return &s.Retries })},
}

var rateFields = []field[rate]{
	{key: "requests", doc: "Requests in any `per`.", absent: "900",
		to: into(integer[int](1, 1_000_000), func(r *rate) *int { return &r.Requests })},
	{key: "per", doc: "Length of the stretch.", absent: "5m",
		to: into(duration(time.Millisecond, 24*time.Hour), func(r *rate) *time.Duration { return &r.Per })},
}

// keyEnvShape is the name of a variable. What stands there is never shown: it
// may be a key.
var keyEnvShape = shape[string]{
	schema: map[string]any{"type": "string", "pattern": variableName.String()},
	read: func(d *decoder, n *node, name string) (string, bool) {
		const hint = "put the key into an environment variable and its name here, such as CIVIC_API_KEY"
		switch {
		case n.kind == scalarNode && strings.Contains(n.text, "${"):
			d.fault(n.pos, hint, "%s wants the name of a variable, not ${…}", name)
		case n.kind != scalarNode || n.null() || !variableName.MatchString(n.text) || len(n.text) > maxNameLength:
			d.fault(n.pos, hint, "%s is no name of an environment variable", name)
		case !strings.Contains(n.text, "_") && len(n.text) >= 20:
			d.fault(n.pos, hint, "%s looks like a key, not the name of a variable", name)
		default:
			return n.text, true
		}
		return "", false
	},
}

var extractFields = []field[extraction]{
	{key: "from", doc: "Root connection of the API, such as evidenceItems; or a list of several, one after another into the same tables.", required: "name a root connection, such as `from: evidenceItems`",
		to: into(oneOrMore("connections", map[string]any{"examples": connectionNames()}), func(e *extraction) *[]word { return &e.from })},
	{key: "args", doc: "Arguments of the connection, such as {status: ACCEPTED}.",
		to: into(argsShape, func(e *extraction) **node { return &e.args })},
	{key: "page_size", doc: "Records a page; without it as many as the connection gives (100; variants and molecularProfiles 300).",
		to: into(integer[int](1, 300), func(e *extraction) *int { return &e.PageSize })},
	{key: "paging", doc: "How pages are addressed: by offset, or by ranges of ids where the connection can; auto chooses.", absent: "auto",
		to: into(choice(extract.PagingNames()), func(e *extraction) *string { return &e.Paging })},
}

func connectionNames() []string {
	var names []string
	for _, c := range schemas.Embedded().Connections() {
		names = append(names, c.Name)
	}
	return names
}

// argsShape is a map whose meaning the API's schema knows.
var argsShape = shape[*node]{
	schema: map[string]any{"type": []string{"object", "null"}},
	read: func(d *decoder, n *node, name string) (*node, bool) {
		if n.kind != mapNode && !n.null() {
			d.fault(n.pos, "write a map of arguments, such as {status: ACCEPTED}", "%s is %s", name, describe(n))
			return nil, false
		}
		return n, true
	},
}

var columnNames = naming{
	what: "column", pattern: `^[^\x00-\x1f\x7f]{1,128}$`,
	check: func(name string) string {
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

var tableName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

var tableNames = naming{
	what: "table", pattern: tableName.String(),
	check: func(name string) string {
		if tableName.MatchString(name) {
			return ""
		}
		return "use a-z, 0-9, _ and -, at most 100 of them, beginning with a letter or digit"
	},
}
