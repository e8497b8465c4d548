package spec

import (
	"regexp"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// The language of specs: every key with its values, its default and its description for editors. The
// decoder and schemas/pipeline.schema.json are both made from these tables.

const (
	defaultEndpoint = "https://civicdb.org/api/graphql"
	defaultKeyEnv   = "CIVIC_API_KEY"
)

// Language describes specs to the decoder.
var Language = &document.Language{
	Noun: "spec", Plural: "specs", Example: "pipelines/evidence.yaml", Variables: true,
	Misplaced: map[string]string{
		"from": "extract", "args": "extract", "page_size": "extract", "paging": "extract",
		"to": "load", "formats": "load", "rows_per_file": "load",
		"endpoint": "source", "api_key_env": "source", "rate_limit": "source",
		"concurrency": "source", "timeout": "source", "retries": "source", "patience": "source",
	},
}

// Shapes that several fields share.
var (
	text      = document.SomeText(nil)
	emptyText = document.AnyText(nil)
	path      = document.Path()
	boolean   = document.Boolean()
	rowCount  = document.Integer[int64](0, document.Unbounded)
	columns   = document.Words("columns")
	someOf    = document.OneOrMore("columns", nil)
	pipeline  = document.Matching(regexp.MustCompile(`^[a-z0-9_-]{1,100}$`),
		"use a-z, 0-9, _ and -, at most 100 of them")
)

// Shape is a whole spec.
var Shape = specShape()

func specShape() document.Shape[Spec] {
	s := document.Object("A pipeline: the records to extract, the tables to make, the checks, and the output.",
		specFields())
	tableOnly := []any{}
	for _, key := range document.FieldKeys(tableFields) {
		tableOnly = append(tableOnly, requires(key))
	}
	withColumns, withTables := requires("columns"), requires("tables")
	withColumns["not"] = requires("tables")
	withTables["not"] = map[string]any{"anyOf": tableOnly}
	s.Schema["oneOf"] = []any{withColumns, withTables}
	return s
}

// requires is the JSON Schema of a map that has the key.
func requires(key string) map[string]any { return map[string]any{"required": []string{key}} }

func field[T, V any](key, doc string, s document.Shape[V], place func(*T) *V) document.Field[T] {
	return document.Field[T]{Key: key, Doc: doc, To: document.Into(s, place)}
}

func required[T any](hint string, f document.Field[T]) document.Field[T] {
	f.Required = hint
	return f
}

func optional[T any](absent string, f document.Field[T]) document.Field[T] {
	f.Absent = absent
	return f
}

func specFields() []document.Field[Spec] {
	source, load := document.Object("", sourceFields), document.Object("", loadFields)
	fields := []document.Field[Spec]{
		required("write `version: 1`",
			field("version", "Version of this language.", VersionShape, func(s *Spec) *int { return &s.Version })),
		required("name the pipeline, such as `name: evidence`",
			field("name", "Name of the pipeline, and of its table if it has one.",
				pipeline, func(s *Spec) *string { return &s.Name })),
		field("description", "What the pipeline gives, in one line.",
			emptyText, func(s *Spec) *string { return &s.Description }),
		optional("{}", field("source", "Where to read from.", source, func(s *Spec) *Source { return &s.Source })),
		required("say what to extract: `extract: {from: evidenceItems}`",
			field("extract", "What to ask for.",
				document.Object("", extractFields), func(s *Spec) *extraction { return &s.Extract })),
		field("lookups", "Values by key, from records of other connections, for columns with `lookup`.",
			lookupsShape, func(s *Spec) *[]Lookup { return &s.Lookups }),
		field("tables", "Several tables of one extraction, by name, instead of `columns`.",
			tablesShape, func(s *Spec) *[]Table { return &s.Tables }),
		optional("0", field("max_rejects",
			"How many records may be left out because a value does not fit its column; with more, nothing is published.",
			rowCount, func(s *Spec) *int64 { return &s.MaxRejects })),
		required("say where the output goes: `load: {to: out/evidence}`",
			field("load", "Where to write, and how.", load, func(s *Spec) *output { return &s.Load })),
	}
	// The keys of a table stand at the top of a spec that has one table.
	for _, f := range tableFields {
		read := func(d *document.Decoder, n *document.Node, name string, s *Spec) { f.To.Read(d, n, name, &s.single) }
		to := document.Binding[Spec]{Schema: f.To.Schema, Read: read}
		fields = append(fields, document.Field[Spec]{Key: f.Key, Doc: f.Doc, Absent: f.Absent, To: to})
	}
	return fields
}

// VersionShape is the version of a language: 1.
var VersionShape = document.Scalar(map[string]any{"enum": []int{1}}, "write `version: 1`",
	func(_ *document.Node, l document.Literal) (int, string) {
		if l.Value() == int64(1) {
			return 1, ""
		}
		return 0, "write `version: 1`: this program knows no other"
	})

var sourceFields = []document.Field[Source]{
	optional(defaultEndpoint, field("endpoint", "Address of the GraphQL API.",
		path, func(s *Source) *string { return &s.Endpoint })),
	optional(defaultKeyEnv, field("api_key_env",
		"Environment variable with the API key. A spec never holds the key itself.",
		keyEnvShape, func(s *Source) *string { return &s.APIKeyEnv })),
	optional("{}", field("rate_limit", "Requests in any period. The default with an accepted API key is 10 in 1s.",
		document.Object("", rateFields), func(s *Source) *Rate { return &s.Rate })),
	optional("4", field("concurrency", "Requests at the same time.",
		document.Integer[int](1, 64), func(s *Source) *int { return &s.Concurrency })),
	optional("60s", field("timeout", "Time that one request may take.",
		document.Duration(time.Millisecond, time.Hour), func(s *Source) *time.Duration { return &s.Timeout })),
	optional("8", field("retries", "Further attempts of a request after the first.",
		document.Integer[int](0, 100), func(s *Source) *int { return &s.Retries })),
	optional("5m", field("patience", "How long a request is repeated, even after `retries`, while the server is down.",
		document.Duration(0, 24*time.Hour), func(s *Source) *time.Duration { return &s.Patience })),
}

var rateFields = []document.Field[Rate]{
	optional("900", field("requests", "Requests in any `per`.",
		document.Integer[int](1, 1_000_000), func(r *Rate) *int { return &r.Requests })),
	optional("5m", field("per", "Length of the period.",
		document.Duration(time.Millisecond, 24*time.Hour), func(r *Rate) *time.Duration { return &r.Per })),
}

// keyEnvShape is the name of a variable. Faults never show the value: it may be a key.
var keyEnvShape = document.Shape[string]{
	Schema: map[string]any{"type": "string", "pattern": document.VariableName.String()},
	Read: func(d *document.Decoder, n *document.Node, name string) (string, bool) {
		const hint = "put the key into an environment variable and its name here, such as CIVIC_API_KEY"
		switch {
		case n.Kind != document.ScalarNode || n.Null() || len(n.Text) > 100 || !document.VariableName.MatchString(n.Text):
			d.Fault(n.Pos, hint, "%s is not the name of an environment variable", name)
		case !strings.Contains(n.Text, "_") && len(n.Text) >= 20:
			d.Fault(n.Pos, hint, "%s looks like a key, not the name of a variable", name)
		default:
			return n.Text, true
		}
		return "", false
	},
}

var extractFields = []document.Field[extraction]{
	required("name a root connection, such as `from: evidenceItems`",
		field("from", "Root connection of the API, such as evidenceItems, or a list of several that fill the same tables.",
			document.OneOrMore("connections", map[string]any{"examples": connectionNames()}),
			func(e *extraction) *[]document.Word { return &e.From })),
	field("args", "Arguments of the connection, such as {status: ACCEPTED}.",
		ArgsShape, func(e *extraction) **document.Node { return &e.ArgNodes }),
	field("page_size", "Records per page; the default is the maximum (100; variants and molecularProfiles 300).",
		document.Integer[int](1, 300), func(e *extraction) *int { return &e.PageSize }),
	optional("auto", field("paging", "How to page: by offset, or by ranges of ids if the API supports it; auto chooses.",
		document.Choice(extract.PagingNames()), func(e *extraction) *string { return &e.Paging })),
}

func connectionNames() []string {
	var names []string
	for _, c := range schemas.Embedded().Connections() {
		names = append(names, c.Name)
	}
	return names
}

// ArgsShape is a map that is checked later, against the API's schema.
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

var loadFields = []document.Field[output]{
	required("name a folder, such as `to: out/evidence`", field("to", "Folder to publish; a run replaces it as a whole.",
		path, func(l *output) *string { return &l.To })),
	field("formats", "Formats to write: a list, or a map with options. The default is parquet.",
		formatsShape, func(l *output) *[]Format { return &l.Formats }),
	optional("0", field("rows_per_file", "Rows after which a new file begins; 0: one file per table or partition.",
		rowCount, func(l *output) *int64 { return &l.RowsPerFile })),
}
