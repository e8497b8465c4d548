package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Cases are the tests that stand beside a spec: records in, rows out.
type Cases struct {
	File  string
	text  []byte
	spec  File
	given Settings
	cases []testCase
}

// CaseResult is what running one case showed; Failures is empty if all was as wanted.
type CaseResult struct {
	Name     string
	Pos      Pos
	Failures []string // each one line, or several with the further ones indented

	of      *testCase
	outcome *outcome
}

// FindCases reads the file of cases beside a spec: evidence_test.yaml beside
// evidence.yaml. Without one the error is fs.ErrNotExist.
func FindCases(spec File) (File, error) {
	extension := filepath.Ext(spec.Name)
	name := strings.TrimSuffix(spec.Name, extension) + casesEnding + extension
	return fileBeside(spec, name)
}

// ReadCases reads the cases of a spec and holds them against it. Its error is
// Faults: of the spec if it has any, else all of the cases.
func ReadCases(spec, file File, s Settings) (*Cases, error) {
	plan, err := compileFile(spec, s, false)
	if err != nil {
		return nil, err
	}
	c := &Cases{File: file.Name, text: file.Data, spec: spec, given: s}
	d := &decoder{faultList: faultList{file: file.Name}, language: caseLanguage}
	root := d.parse(file.Data)
	if root == nil {
		return nil, d.err()
	}
	read, _ := caseFileShape.read(d, root, "")
	c.cases = read.cases
	var others Faults // in files of nodes
	names := map[string]bool{}
	for i := range c.cases {
		t := &c.cases[i]
		if names[t.name] && t.name != "" {
			d.fault(t.at("name"), "give each case a name of its own", "there is a case %s already", quote(t.name))
		}
		names[t.name] = true
		if t.plan = t.partOf(d, c.planOf(d, t, plan)); t.plan != nil {
			others = append(others, c.answerOf(d, t, file)...)
			t.wants(d)
		}
	}
	var faults Faults
	errors.As(d.err(), &faults)
	if faults = append(faults, others...); len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// planOf is the plan of one case: the spec's, or with what the case sets.
func (c *Cases) planOf(d *decoder, t *testCase, plan *Plan) *Plan {
	if t.set == nil || len(t.set.entries) == 0 {
		return plan
	}
	s := c.given
	s.Set = append([]string{}, s.Set...)
	for _, e := range t.set.entries {
		s.Set = append(s.Set, e.key+"="+settingText(e.value))
	}
	plan, err := compileFile(c.spec, s, false)
	var faults Faults
	errors.As(err, &faults)
	for _, f := range faults {
		d.fault(t.set.pos, "", "with what the case sets: %s", f)
	}
	return plan
}

// partOf is the plan of the connection that the case's records are of.
func (c *testCase) partOf(d *decoder, plan *Plan) *Plan {
	if plan == nil || c.from == "" {
		return plan
	}
	var names []string
	for _, part := range plan.all() {
		if part.Connection.Name == c.from {
			return part
		}
		names = append(names, part.Connection.Name)
	}
	d.fault(c.at("from"), "the spec extracts from "+strings.Join(names, ", "), "the case is of %s", quote(c.from))
	return nil
}

// settingText is a value as --set takes it.
func settingText(n *node) string {
	if n.kind == scalarNode && n.plain {
		return n.text
	}
	return string(appendJSON(nil, plainOf(n)))
}

// answerOf makes the answer of the API that holds a case's nodes.
func (c *Cases) answerOf(d *decoder, t *testCase, file File) Faults {
	switch {
	case t.has("nodes") && t.has("nodes_from"):
		d.fault(t.at("nodes_from"), "keep one of them", "the case has both nodes and nodes_from")
	case !t.has("nodes") && !t.has("nodes_from"):
		d.fault(t.at(""), "write `nodes: [{id: 1, …}]`, or nodes_from with a file of them", "the case has no nodes")
	case t.nodes != nil:
		t.answer = newAnswerer(d, t.plan).page(t.nodes.items)
	case t.nodesFrom != "" && file.shipped:
		d.fault(t.at("nodes_from"), "write them under nodes", "a shipped pipeline has no files beside it")
	case t.nodesFrom != "":
		other, nodes, err := nodesFile(filepath.Dir(file.Name), t.nodesFrom, t.plan.Connection.Name)
		if err != nil {
			d.fault(t.at("nodes_from"), "name a file of records: NDJSON, or a page that run --record kept", "nodes_from: %v", err)
			return nil
		}
		t.answer = newAnswerer(other, t.plan).page(nodes)
		var faults Faults
		errors.As(other.err(), &faults)
		return faults
	}
	return nil
}

// Run runs the cases whose name matches, all of them if the pattern is nil, in
// the file's order. Nothing is asked of any network and nothing is written.
func (c *Cases) Run(ctx context.Context, pattern *regexp.Regexp) ([]CaseResult, error) {
	var results []CaseResult
	for i := range c.cases {
		t := &c.cases[i]
		if pattern != nil && !pattern.MatchString(t.name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return results, context.Cause(ctx)
		}
		r := CaseResult{Name: t.name, Pos: t.at("name"), of: t}
		o, err := t.run(ctx)
		switch {
		case err != nil:
			r.Failures = []string{err.Error()}
		case t.unwritten():
			r.outcome = o
			r.Failures = []string{placeOf(t.rows.pos) + "rows is empty: write them, or let civic-etl test --update do it"}
		default:
			r.outcome, r.Failures = o, t.differences(o)
		}
		results = append(results, r)
	}
	return results, nil
}

// Save writes the cases to their file, whole or not at all.
func (c *Cases) Save() error {
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(c.File), ".cases-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(c.text)
	err = errors.Join(err, temporary.Chmod(info.Mode().Perm()), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), c.File)
	}
	if err != nil {
		return fmt.Errorf("update %s: %w", c.File, errors.Join(err, ignoreMissing(os.Remove(temporary.Name()))))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
