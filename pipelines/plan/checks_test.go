package plan_test

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// A check of values follows the argument of the extraction.
func TestValuesFollowArgument(t *testing.T) {
	const text = "version: 1\nname: x\nextract: {from: FROM, args: ARGS}\ncolumns: {id: id, s: status, l: {path: status, labels: true}}\n" +
		"checks: [values: {s: {arg: status}}, values: {l: {arg: status}}]\nload: {to: out/x}\n"
	for _, tt := range []struct{ args, codes, labels string }{
		{"{status: ACCEPTED}", "ACCEPTED", "accepted"},
		{"{status: REJECTED, evidenceLevel: A}", "REJECTED", "rejected"},
		{"{status: NON_REJECTED}", "ACCEPTED SUBMITTED", "accepted submitted"},
		{"{status: ALL}", "", ""},
		{"{}", "ACCEPTED SUBMITTED", "accepted submitted"}, // the default of the API
		{"{status: \"${STATUS:-SUBMITTED}\"}", "SUBMITTED", "submitted"},
	} {
		given := spec.Settings{Env: testkit.Env, Now: testkit.Now}
		read, err := spec.Read("x.yaml", []byte(strings.NewReplacer("FROM", "evidenceItems", "ARGS", tt.args).Replace(text)), given)
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Compile(read, given)
		if err != nil {
			t.Fatal(err)
		}
		allowed := map[string]string{}
		for _, c := range p.Checks[0] {
			allowed[c.Columns[0]] = strings.Join(c.Values, " ")
		}
		if allowed["s"] != tt.codes || allowed["l"] != tt.labels || tt.codes == "" && len(allowed) > 0 {
			t.Errorf("%s: %v", tt.args, allowed)
		}
	}
}
