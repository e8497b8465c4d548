// Package cases runs the tests beside a spec (evidence_test.yaml): records in, rows out, with the stages of a run but
// without a network. It takes a spec and its file of cases, and gives a result for each case. It never writes files,
// except updated rows into the file of cases.
package cases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// Cases are the tests of a spec.
type Cases struct {
	File  string
	text  []byte
	spec  pipelines.File
	given spec.Settings
	cases []testCase
}

// Result is the result of one case. Failures is empty if it passed.
type Result struct {
	Name     string
	Pos      document.Pos
	Failures []string // further lines of each are indented

	of      *testCase
	outcome *outcome
}

// Find reads the file of cases beside a spec: evidence_test.yaml for evidence.yaml. If there is none, the error is
// fs.ErrNotExist.
func Find(spec pipelines.File) (pipelines.File, error) {
	extension := filepath.Ext(spec.Name)
	name := strings.TrimSuffix(spec.Name, extension) + pipelines.CasesEnding + extension
	return pipelines.FileBeside(spec, name)
}

// Read reads the cases of a spec and validates them. Its error is Faults: of the spec if it has any, else of the cases.
func Read(spec, file pipelines.File, s spec.Settings) (*Cases, error) {
	plan, err := pipelines.CompileFile(spec, s, false)
	if err != nil {
		return nil, err
	}
	c := &Cases{File: file.Name, text: file.Data, spec: spec, given: s}
	d := &document.Decoder{FaultList: document.FaultList{File: file.Name}, Language: caseLanguage}
	root := d.Parse(file.Data)
	if root == nil {
		return nil, d.Err()
	}
	read, _ := caseFileShape.Read(d, root, "")
	c.cases = read.cases
	var others document.Faults // in files of nodes
	names := map[string]bool{}
	for i := range c.cases {
		t := &c.cases[i]
		if names[t.name] && t.name != "" {
			d.Fault(t.At("name"), "give each case another name", "there is a case %s already", wording.Quote(t.name))
		}
		names[t.name] = true
		whole := c.planOf(d, t, plan)
		if t.plan = t.partOf(d, whole); t.plan != nil {
			t.lookUp(d, whole)
			others = append(others, c.answerOf(d, t, file)...)
			t.wants(d)
		}
	}
	var faults document.Faults
	errors.As(d.Err(), &faults)
	if faults = append(faults, others...); len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// planOf is the plan of one case: the spec's, with the settings of the case.
func (c *Cases) planOf(d *document.Decoder, t *testCase, plan *plan.Plan) *plan.Plan {
	if t.set == nil || len(t.set.Entries) == 0 {
		return plan
	}
	s := c.given
	s.Set = nil
	for _, e := range t.set.Entries {
		s.Set = append(s.Set, e.Key+"="+settingText(e.Value))
	}
	scopes := pipelines.CheckScopes([]pipelines.File{c.spec}, s)
	s.Set = slices.Concat(c.given.Set, s.Set)
	plan, err := pipelines.CompileFile(c.spec, s, false)
	for _, err := range []error{scopes, err} {
		var faults document.Faults
		errors.As(err, &faults)
		for _, f := range faults {
			d.Fault(t.set.Pos, "", "with the settings of the case: %s", f)
		}
	}
	return plan
}

// partOf is the plan of the connection of the case's records.
func (c *testCase) partOf(d *document.Decoder, plan *plan.Plan) *plan.Plan {
	if plan == nil || c.from == "" {
		return plan
	}
	var names []string
	for _, part := range plan.Parts() {
		if part.Connection.Name == c.from {
			return part
		}
		names = append(names, part.Connection.Name)
	}
	d.Fault(c.At("from"), "the spec extracts from "+strings.Join(names, ", "), "the case is of %s", wording.Quote(c.from))
	return nil
}

// settingText is a value in the form of --set.
func settingText(n *document.Node) string {
	if n.Kind == document.ScalarNode && n.Plain {
		return n.Text
	}
	return string(appendJSON(nil, plainOf(n)))
}

// answerOf makes the answer of the API with a case's nodes. It returns faults in a file of nodes.
func (c *Cases) answerOf(d *document.Decoder, t *testCase, file pipelines.File) document.Faults {
	switch {
	case t.Has("nodes") && t.Has("nodes_from"):
		d.Fault(t.At("nodes_from"), "keep one of them", "the case has both nodes and nodes_from")
	case !t.Has("nodes") && !t.Has("nodes_from"):
		d.Fault(t.At(""), "write `nodes: [{id: 1, …}]`, or nodes_from with a file of them", "the case has no nodes")
	case t.nodes != nil:
		t.answer = newAnswerer(d, t.plan).page(t.nodes.Items)
	case t.nodesFrom != "" && file.Embedded:
		d.Fault(t.At("nodes_from"), "write them under nodes", "a shipped pipeline has no files beside it")
	case t.nodesFrom != "":
		other, nodes, err := nodesFile(filepath.Dir(file.Name), t.nodesFrom, t.plan.Connection.Name)
		if err != nil {
			d.Fault(t.At("nodes_from"), "name a file of records: NDJSON, or a page of run --record", "nodes_from: %v", err)
			return nil
		}
		t.answer = newAnswerer(other, t.plan).page(nodes)
		var faults document.Faults
		errors.As(other.Err(), &faults)
		return faults
	}
	return nil
}

// Run runs the cases with a matching name, or all if the pattern is nil, in the order of the file.
func (c *Cases) Run(ctx context.Context, pattern *regexp.Regexp) ([]Result, error) {
	var results []Result
	for i := range c.cases {
		t := &c.cases[i]
		if pattern != nil && !pattern.MatchString(t.name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return results, context.Cause(ctx)
		}
		r := Result{Name: t.name, Pos: t.At("name"), of: t}
		o, err := t.run(ctx)
		switch {
		case err != nil:
			r.Failures = []string{err.Error()}
		case t.unwritten():
			r.outcome = o
			r.Failures = []string{placeOf(t.rows.Pos) + "rows is empty: write them, or run civic-etl test --update"}
		default:
			r.outcome, r.Failures = o, t.differences(o)
		}
		results = append(results, r)
	}
	return results, nil
}

// Save replaces the file of cases, in one step.
func (c *Cases) Save() error {
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	const anyFile = ""
	if err := load.Replace(filepath.Dir(c.File), filepath.Base(c.File), anyFile, string(c.text)); err != nil {
		return fmt.Errorf("update %s: %w", c.File, err)
	}
	return os.Chmod(c.File, info.Mode().Perm())
}
