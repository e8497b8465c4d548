package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// planJSON is the plan for programs.
type planJSON struct {
	Pipeline    string     `json:"pipeline"`
	Description string     `json:"description"`
	Spec        specJSON   `json:"spec"`
	Source      sourceJSON `json:"source"`
	connectionJSON
	Cost        []costJSON       `json:"cost"`
	Target      string           `json:"target"`
	RowsPerFile int64            `json:"rows_per_file"`
	MaxRejects  int64            `json:"max_rejects"`
	Formats     []formatJSON     `json:"formats"`
	Tables      []tableJSON      `json:"tables"`
	Further     []connectionJSON `json:"further_connections,omitempty"`
}

// connectionJSON is a connection of the spec. Only the first has the arguments.
type connectionJSON struct {
	Connection  string     `json:"connection"`
	Node        string     `json:"node"`
	Args        any        `json:"args,omitempty"`
	Query       string     `json:"query"`
	QuerySHA256 string     `json:"query_sha256"`
	Paging      pagingJSON `json:"paging"`
}

type specJSON struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

type sourceJSON struct {
	Endpoint       string  `json:"endpoint"`
	APIKeyEnv      string  `json:"api_key_env"`
	Requests       int     `json:"requests"`
	PerSeconds     float64 `json:"per_seconds"`
	Concurrency    int     `json:"concurrency"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
	Retries        int     `json:"retries"`
	Patience       float64 `json:"patience_seconds"`
}

type pagingJSON struct {
	Mode      string   `json:"mode"`
	PageSize  int      `json:"page_size"`
	OrderByID bool     `json:"order_by_id"`
	Why       string   `json:"why"`
	Next      []string `json:"next"`
	Proof     string   `json:"proof"`
}

type costJSON struct {
	Records  int     `json:"records"`
	Requests int     `json:"requests"`
	Seconds  float64 `json:"seconds"`
}

type formatJSON struct {
	Name        string `json:"name"`
	Compression string `json:"compression"`
}

type tableJSON struct {
	Name        string       `json:"name"`
	Doc         string       `json:"doc,omitempty"`
	Rows        string       `json:"rows,omitempty"`
	Outer       bool         `json:"outer,omitempty"`
	Columns     []columnJSON `json:"columns"`
	Key         []string     `json:"key"`
	Filter      string       `json:"filter,omitempty"`
	PartitionBy []string     `json:"partition_by"`
	Checks      []string     `json:"checks"`
	Files       []string     `json:"files"`
}

type columnJSON struct {
	Name             string `json:"name"`
	Type             string `json:"type"`
	Nullable         bool   `json:"nullable"`
	ElementsNullable bool   `json:"elements_nullable,omitempty"`
	Path             string `json:"path,omitempty"`
	Expr             string `json:"expr,omitempty"`
	List             string `json:"list,omitempty"`
	Labels           bool   `json:"labels,omitempty"`
	Whole            bool   `json:"whole,omitempty"`
	Repeat           bool   `json:"repeat,omitempty"`
	Doc              string `json:"doc,omitempty"`
}

// MarshalJSON returns the plan for programs: what Text shows, by name.
func (p *Plan) MarshalJSON() ([]byte, error) {
	source := p.Spec.Source
	j := planJSON{
		Pipeline: p.Spec.Name, Description: p.Spec.Description, Spec: specJSON{p.Spec.File, p.Spec.SHA256},
		Source: sourceJSON{
			Endpoint: source.Endpoint, APIKeyEnv: source.APIKeyEnv, Requests: source.Requests, PerSeconds: source.Per.Seconds(),
			Concurrency: source.Concurrency, TimeoutSeconds: source.Timeout.Seconds(), Retries: source.Retries,
			Patience: source.Patience.Seconds(),
		},
		connectionJSON: newConnectionJSON(p),
		Target:         p.Target, RowsPerFile: p.RowsPerFile, MaxRejects: p.Spec.MaxRejects,
	}
	j.Args = p.Spec.Extract.Args
	for _, c := range costsOf(p) {
		j.Cost = append(j.Cost, costJSON{c.records, c.Requests, c.Time.Seconds()})
	}
	for _, f := range p.Formats {
		j.Formats = append(j.Formats, formatJSON{f.Name, compression(f)})
	}
	for i := range p.Tables {
		j.Tables = append(j.Tables, newTableJSON(p, i))
	}
	for _, part := range p.parts {
		j.Further = append(j.Further, newConnectionJSON(part))
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // expressions contain < and &
	err := encoder.Encode(j)
	return []byte(b.String()), err
}

func newConnectionJSON(p *Plan) connectionJSON {
	q := p.Query
	return connectionJSON{
		Connection: p.Connection.Name, Node: p.Connection.Node, Query: q.Text(), QuerySHA256: checksum(q.Text()),
		Paging: pagingJSON{q.Resolved().String(), q.PageSize, q.OrderByID, p.PagingWhy, pagingNext(p), pagingProof(p)},
	}
}

func newTableJSON(p *Plan, i int) tableJSON {
	t, spec := p.Tables[i], p.Spec.Tables[i]
	j := tableJSON{
		Name: t.Name, Doc: spec.Doc, Rows: spec.Rows, Outer: spec.Outer, Filter: spec.Filter, Files: FilePatterns(p, i),
		// These lists are [] in JSON, never null.
		Key: append([]string{}, t.Key...), PartitionBy: append([]string{}, t.PartitionBy...), Checks: []string{},
	}
	for k, from := range spec.Written() {
		c := t.Columns[k]
		j.Columns = append(j.Columns, columnJSON{
			Name: c.Name, Type: c.Type.String(),
			Nullable: c.Type.Nullable, ElementsNullable: c.Type.List && c.Type.ElementNullable,
			Path: from.Path, Expr: from.Expr, List: listName(from, c.Type.List),
			Labels: from.Labels, Whole: from.Whole, Repeat: from.Repeat, Doc: c.Doc,
		})
	}
	for _, c := range p.Checks[i] {
		j.Checks = append(j.Checks, c.String())
	}
	return j
}

// listName is the list mode if it has an effect.
func listName(c spec.Column, list bool) string {
	if c.Has("list") || list && c.Path != "" {
		return c.List
	}
	return ""
}

// Identity is a checksum of what decides the rows: the text of the spec, and the plan without source and target.
func (p *Plan) Identity() string {
	var b strings.Builder
	fmt.Fprintln(&b, p.Spec.SHA256, p.Formats)
	text, err := p.MarshalJSON()
	var parts map[string]json.RawMessage
	if err == nil && json.Unmarshal(text, &parts) == nil {
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			if !slices.Contains([]string{"spec", "source", "cost", "target"}, name) {
				fmt.Fprintf(&b, "%s %s\n", name, parts[name])
			}
		}
	}
	return checksum(b.String())
}
