package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// planJSON is the plan for programs.
type planJSON struct {
	Pipeline    string         `json:"pipeline"`
	Description string         `json:"description"`
	Spec        specJSON       `json:"spec"`
	Source      sourceJSON     `json:"source"`
	Connection  string         `json:"connection"`
	Node        string         `json:"node"`
	Args        map[string]any `json:"args"`
	Query       string         `json:"query"`
	QuerySHA256 string         `json:"query_sha256"`
	Paging      pagingJSON     `json:"paging"`
	Cost        []costJSON     `json:"cost"`
	Target      string         `json:"target"`
	RowsPerFile int64          `json:"rows_per_file"`
	MaxRejects  int64          `json:"max_rejects"`
	Formats     []formatJSON   `json:"formats"`
	Tables      []tableJSON    `json:"tables"`
	Further     []furtherJSON  `json:"further_connections,omitempty"`
}

// furtherJSON is a connection of the spec after the first: its records go to the
// same tables.
type furtherJSON struct {
	Connection  string     `json:"connection"`
	Node        string     `json:"node"`
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
	Doc              string `json:"doc,omitempty"`
}

// MarshalJSON is the plan for programs: what Text shows, by name. Costs are
// estimates for some numbers of records.
func (p *Plan) MarshalJSON() ([]byte, error) {
	query, sum := p.Query.Text(), querySum(p)
	source := p.Spec.Source
	j := planJSON{
		Pipeline: p.Spec.Name, Description: p.Spec.Description, Spec: specJSON{p.Spec.File, p.Spec.SHA256},
		Source: sourceJSON{
			Endpoint: source.Endpoint, APIKeyEnv: source.APIKeyEnv, Requests: source.Requests, PerSeconds: source.Per.Seconds(),
			Concurrency: source.Concurrency, TimeoutSeconds: source.Timeout.Seconds(), Retries: source.Retries,
		},
		Connection: p.Connection.Name, Node: p.Connection.Node, Args: p.Spec.Extract.Args,
		Query: query, QuerySHA256: sum, Paging: newPagingJSON(p),
		Target: p.Target, RowsPerFile: p.RowsPerFile, MaxRejects: p.Spec.MaxRejects,
	}
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
		j.Further = append(j.Further, furtherJSON{part.Connection.Name, part.Connection.Node, part.Query.Text(), querySum(part), newPagingJSON(part)})
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // expressions hold < and &
	err := encoder.Encode(j)
	return []byte(b.String()), err
}

func querySum(p *Plan) string {
	sum := sha256.Sum256([]byte(p.Query.Text()))
	return hex.EncodeToString(sum[:])
}

func newPagingJSON(p *Plan) pagingJSON {
	return pagingJSON{p.Query.Resolved().String(), p.Query.PageSize, p.Query.OrderByID, p.PagingWhy, pagingNext(p), pagingProof(p)}
}

func newTableJSON(p *Plan, i int) tableJSON {
	t, spec := p.Tables[i], p.Spec.Tables[i]
	j := tableJSON{
		Name: t.Name, Doc: spec.Doc, Rows: spec.Rows, Outer: spec.Outer, Key: orEmpty(t.Key), Filter: spec.Filter,
		PartitionBy: orEmpty(t.PartitionBy), Files: FilePatterns(p, i), Checks: []string{},
	}
	for k, from := range spec.Written() {
		c := t.Columns[k]
		j.Columns = append(j.Columns, columnJSON{
			Name: c.Name, Type: c.Type.String(), Nullable: c.Type.Nullable, ElementsNullable: c.Type.List && c.Type.ElementNullable,
			Path: from.Path, Expr: from.Expr, List: listName(from, c.Type.List), Labels: from.Labels,
			Whole: from.Whole, Doc: c.Doc,
		})
	}
	for _, c := range p.Checks[i] {
		j.Checks = append(j.Checks, c.String())
	}
	return j
}

// listName is the list mode where it does something.
func listName(c spec.Column, list bool) string {
	if c.Has("list") || list && c.Path != "" {
		return c.List
	}
	return ""
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// IdentityOf is a hash of the spec: of its text, and of what --set and ${…} made
// of it.
func IdentityOf(p *Plan) string {
	h := sha256.New()
	fmt.Fprintln(h, p.Spec.SHA256, p.Formats)
	text, err := p.MarshalJSON()
	var parts map[string]json.RawMessage
	if err == nil && json.Unmarshal(text, &parts) == nil {
		for _, name := range []string{"spec", "source", "cost", "target"} {
			delete(parts, name)
		}
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			fmt.Fprintf(h, "%s %s\n", name, parts[name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
