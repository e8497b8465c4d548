package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/cases"
	"github.com/civic-etl/civic-etl/pipelines/document"
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the test cases of a spec offline: recorded nodes in, expected rows out",
		ArgsUsage: "SPEC...",
		Description: "evidence_test.yaml has the cases of evidence.yaml; shipped pipelines include theirs.\n" +
			"Exit status 1: a case failed. 2: a spec or a file of cases has a fault, or there are no cases.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run the cases whose names match `REGEX` only"},
			&cli.BoolFlag{Name: "v", Usage: "also show the cases that pass"},
			&cli.BoolFlag{Name: "update", Usage: "replace the expected rows in the file of cases by the actual rows"},
			setFlag(),
			schemaFlag(),
		},
		Action: test,
	}
}

func test(c *cli.Context) error {
	pattern, err := regexp.Compile(c.String("run"))
	if err != nil {
		return usagef("--run: %w", err)
	}
	suites, err := findSuites(c)
	if err != nil {
		return err
	}
	t := tally{out: c.App.Writer, each: c.Bool("v")}
	for _, s := range suites {
		results, err := s.Run(c.Context, pattern)
		if err != nil {
			return err
		}
		if c.Bool("update") {
			if s, results, err = rewrite(c, s, results, pattern); err != nil {
				return err
			}
		}
		t.suite(s, results)
	}
	switch {
	case t.ran == 0:
		return usagef("--run %s matches no case", c.String("run"))
	case t.failed > 0:
		return fmt.Errorf("%d of %d cases failed", t.failed, t.ran)
	}
	return nil
}

// findSuites reads the cases of the specs. It reports all faults at once.
func findSuites(c *cli.Context) ([]*cases.Cases, error) {
	files, err := specs(c)
	if err != nil {
		return nil, err
	}
	s, err := settings(c)
	if err != nil {
		return nil, err
	}
	if err := pipelines.CheckScopes(files, s); err != nil {
		return nil, err
	}
	var suites []*cases.Cases
	var faults document.Faults
	var without []string
	for _, spec := range files {
		file, err := cases.Find(spec)
		if errors.Is(err, fs.ErrNotExist) {
			without = append(without, spec.Name)
			continue
		}
		if err != nil {
			return nil, err
		}
		suite, err := cases.Read(spec, file, s)
		var found document.Faults
		if err != nil && !errors.As(err, &found) {
			return nil, err
		}
		faults, suites = append(faults, found...), append(suites, suite)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if len(suites) == 0 {
		return nil, usagef("%s: no cases; write the cases of x.yaml to x_test.yaml", strings.Join(without, ", "))
	}
	for _, name := range without {
		fmt.Fprintf(c.App.Writer, "?     %s: no cases\n", name)
	}
	return suites, nil
}

// specOf is the spec whose cases a file holds: x.yaml for x_test.yaml.
func specOf(arg string) string {
	extension := filepath.Ext(arg)
	if name, ok := strings.CutSuffix(arg, "_test"+extension); ok && extension != "" {
		return name + extension
	}
	return arg
}

// rewrite writes the actual rows into the file of cases, and runs it again, because it
// does not write rejects and checks.
func rewrite(c *cli.Context, s *cases.Cases, results []cases.Result, pattern *regexp.Regexp) (
	*cases.Cases, []cases.Result, error,
) {
	updated, changed, err := s.Update(results)
	if err != nil || changed == 0 {
		return s, results, err
	}
	if err := updated.Save(); err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(c.App.Writer, "wrote %s: rows of %s\n", s.File, terminal.Count(int64(changed), "case"))
	results, err = updated.Run(c.Context, pattern)
	return updated, results, err
}

// tally prints and counts results.
type tally struct {
	out         io.Writer
	each        bool
	ran, failed int
}

func (t *tally) suite(s *cases.Cases, results []cases.Result) {
	failed := 0
	for _, r := range results {
		if len(r.Failures) > 0 {
			failed++
			fmt.Fprintf(t.out, "FAIL  %s:%d:%d: %s\n", s.File, r.Pos.Line, r.Pos.Col, r.Name)
			for _, f := range r.Failures {
				fmt.Fprintf(t.out, "        %s\n", strings.ReplaceAll(f, "\n", "\n        "))
			}
		} else if t.each {
			fmt.Fprintf(t.out, "pass  %s:%d:%d: %s\n", s.File, r.Pos.Line, r.Pos.Col, r.Name)
		}
	}
	t.ran += len(results)
	t.failed += failed
	if failed == 0 && len(results) > 0 {
		fmt.Fprintf(t.out, "ok    %s: %s\n", s.File, terminal.Count(int64(len(results)), "case"))
	}
}
