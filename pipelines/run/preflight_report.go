package run

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/drift"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Preflight is the report of a check before a run, for people (Text) and programs (JSON).
type Preflight struct {
	OK        bool              `json:"ok"`
	Endpoints []*endpointReport `json:"endpoints"`
}

type endpointReport struct {
	Endpoint  string        `json:"endpoint"`
	Reachable bool          `json:"reachable"`
	Stage     string        `json:"stage,omitempty"` // that failed: endpoint, dns, connect, tls, answer, budget
	Error     string        `json:"error,omitempty"`
	Key       keyReport     `json:"key"`
	Budget    *budgetReport `json:"budget,omitempty"`
	Schema    schemaReport  `json:"schema"`
	Specs     []*specReport `json:"specs"`

	plans  []*plan.Plan
	keyed  bool // the rate is that of an accepted key
	asked  bool // for its schema
	hidden bool // it refuses introspection
}

type keyReport struct {
	Env      string `json:"env"`
	Set      bool   `json:"set"`
	Accepted bool   `json:"accepted"`
	User     string `json:"user,omitempty"`

	none bool // the demo API has no keys
}

type budgetReport struct {
	Requests   int     `json:"requests"`
	PerSeconds float64 `json:"per_seconds"`
	Left       int     `json:"left"`
	Needed     int     `json:"needed"`
	Partly     bool    `json:"needed_partly,omitempty"` // some specs could not be counted
	Seconds    float64 `json:"seconds"`
}

type schemaReport struct {
	Error string `json:"error,omitempty"` // of introspection
}

type specReport struct {
	File       string    `json:"file"`
	Pipeline   string    `json:"pipeline"`
	Connection string    `json:"connection"`
	Records    *int64    `json:"records"` // null: could not be counted
	Requests   int       `json:"requests,omitempty"`
	Seconds    float64   `json:"seconds,omitempty"`
	Findings   []finding `json:"findings"`

	plan *plan.Plan
}

// finding is one change of the API, at the place in the spec that it affects.
type finding struct {
	Severity drift.Severity `json:"severity"`
	File     string         `json:"file"`
	Line     int            `json:"line,omitempty"`
	Column   int            `json:"column,omitempty"`
	Flag     string         `json:"flag,omitempty"`
	Message  string         `json:"message"`
	Hint     string         `json:"hint,omitempty"`

	fault document.Fault
}

func (s *specReport) add(changes []drift.Change) {
	for _, c := range changes {
		f := c.Fault
		s.Findings = append(s.Findings, finding{
			c.Severity, f.File, f.Pos.Line, f.Pos.Col, f.Pos.Flag, f.What, f.Hint, f,
		})
	}
}

// errors counts the findings that would make a run fail.
func (s *specReport) errors() (count int) {
	for _, f := range s.Findings {
		if f.Severity == drift.Broken {
			count++
		}
	}
	return count
}

// Err is nil, or says what would make a run fail or be anonymous.
func (r *Preflight) Err() error {
	var wrong []string
	changes := 0
	for _, e := range r.Endpoints {
		switch {
		case e.Error != "":
			wrong = append(wrong, fmt.Sprintf("%s: %s", e.Endpoint, e.Error))
		case e.Key.Set && !e.Key.Accepted:
			wrong = append(wrong, fmt.Sprintf(
				"%s rejects the API key in %s: a run would be anonymous; correct the key, or unset the variable",
				e.Endpoint, e.Key.Env))
		}
		for _, s := range e.Specs {
			changes += s.errors()
		}
	}
	if changes > 0 {
		wrong = append(wrong, fmt.Sprintf("%d of the lines above would make a run fail", changes))
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("check: %s", strings.Join(wrong, "\n"))
}

// Text is the report for people.
func (r *Preflight) Text() string {
	var b strings.Builder
	for i, e := range r.Endpoints {
		if i > 0 {
			b.WriteString("\n")
		}
		e.text(&b)
	}
	return b.String()
}

func (e *endpointReport) text(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "endpoint\t%s\n", e.Endpoint)
	fmt.Fprintf(w, "reachable\t%s\n", e.reachText())
	if e.Reachable {
		fmt.Fprintf(w, "API key\t%s\n", e.Key.text())
		fmt.Fprintf(w, "schema\t%s\n", e.schemaText())
	}
	if e.Budget != nil {
		fmt.Fprintf(w, "budget\t%s\n", e.Budget.text())
	}
	w.Flush()
	e.specsText(b)
	for _, s := range e.Specs {
		for _, f := range s.Findings {
			said := f.fault
			said.What = string(f.Severity) + ": " + said.What
			fmt.Fprintln(b, said)
		}
	}
}

func (e *endpointReport) reachText() string {
	switch {
	case e.Reachable && e.Error != "":
		return "yes, but some checks failed"
	case e.Reachable:
		return "yes, it answers GraphQL"
	}
	return "no (" + e.Stage + ")"
}

func (k keyReport) text() string {
	switch {
	case k.none:
		return "none is sent to the demo API"
	case !k.Set:
		return k.Env + " is not set: anonymous"
	case !k.Accepted:
		return "the one in " + k.Env + " is rejected: anonymous"
	}
	return "accepted, of " + wording.Fit(k.User)
}

func (e *endpointReport) schemaText() string {
	changes := 0
	for _, s := range e.Specs {
		changes += len(s.Findings)
	}
	switch {
	case e.hidden:
		return "the server refuses introspection (" + wording.Fit(e.Schema.Error) + "); each query was tried instead"
	case e.Schema.Error != "":
		return "the server did not answer (" + wording.Fit(e.Schema.Error) + "); each query was tried instead"
	case !e.asked:
		return "not compared"
	case changes > 0:
		return "changed in parts that these specs use: see below"
	}
	return "no changes that affect these specs"
}

func (b *budgetReport) text() string {
	rate := fmt.Sprintf("%s requests in any %s, %s left", humanize.Comma(int64(b.Requests)),
		wording.ShortDuration(seconds(b.PerSeconds)), humanize.Comma(int64(b.Left)))
	needed := fmt.Sprintf("about %s needed", humanize.Comma(int64(b.Needed)))
	if b.Partly && b.Needed == 0 {
		return rate + "; the number of needed requests is unknown"
	}
	if b.Partly {
		needed = "at least " + strings.TrimPrefix(needed, "about ")
	}
	if b.Needed <= b.Left {
		return rate + "; " + needed + ": enough"
	}
	return fmt.Sprintf("%s; %s: a run will wait, about %s in all", rate, needed, plan.Estimate(seconds(b.Seconds)))
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (e *endpointReport) specsText(b *strings.Builder) {
	if !e.Reachable {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nspec\tconnection\trecords\trequests\ttime\n")
	for _, s := range e.Specs {
		if s.Records == nil {
			fmt.Fprintf(w, "%s\t%s\t?\t?\t?\n", s.File, s.Connection)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.File, s.Connection,
			humanize.Comma(*s.Records), humanize.Comma(int64(s.Requests)), plan.Estimate(seconds(s.Seconds)))
	}
	w.Flush()
	b.WriteString("\n")
}
