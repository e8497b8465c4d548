package pipelines

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

func shippedPlans(t *testing.T) []*plan.Plan {
	t.Helper()
	plans, err := CompileAll(Shipped(), spec.Settings{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

// TestShippedSayWhatTheyMean: every table and column is described, every table has a key that is
// checked to be one, and what a child table repeats of its record leads back to it.
func TestShippedSayWhatTheyMean(t *testing.T) {
	for _, p := range shippedPlans(t) {
		if p.Spec.Description == "" {
			t.Errorf("%s has no description", p.Spec.File)
		}
		for i, table := range p.Tables {
			at := p.Spec.File + ": " + table.Name
			if p.Spec.Tables[i].Doc == "" {
				t.Errorf("%s has no doc", at)
			}
			for _, column := range table.Columns {
				if column.Doc == "" {
					t.Errorf("%s: column %s has no doc", at, column.Name)
				}
			}
			unique := slices.ContainsFunc(p.Checks[i], func(c plan.Check) bool { return c.Kind == "unique" && slices.Equal(c.Columns, table.Key) })
			if len(table.Key) == 0 || !unique {
				t.Errorf("%s: its key %v is not checked to be unique", at, table.Key)
			}
		}
	}
}

// scopes are the arguments that widen or narrow what a connection lists without being
// asked to: a shipped pipeline leaves none of them to the server.
var scopes = []string{"status", "evidenceStatusFilter", "includeAutomatedEvents"}

func TestShippedSetTheirScope(t *testing.T) {
	for _, plan := range shippedPlans(t) {
		if plan.Connection.DefaultFilter == "" {
			continue
		}
		for _, scope := range scopes {
			takes := plan.Connection.Args.ForName(scope) != nil
			if _, set := plan.Spec.Extract.Args[scope]; takes && !set {
				t.Errorf("%s leaves %s to the server", plan.Spec.File, scope)
			}
		}
	}
}

// TestShippedRun runs every shipped pipeline against the strict demo API, which refuses a query
// that CIViC's schema does not allow.
func TestShippedRun(t *testing.T) {
	plans := shippedPlans(t)
	for _, plan := range plans {
		plan.Spec.Source.Requests = 1_000_000 // the demo API here has no limit
	}
	r := testRunner(testkit.ServeDemo(t, demoapi.Options{}))
	told := ""
	r.Notice = func(n run.Notice) { told += n.Text + "\n" }
	if _, err := r.Run(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
	for _, plan := range plans {
		m, err := manifest.Read(plan.Target)
		if err != nil {
			t.Errorf("%s: %v", plan.Spec.File, err)
			continue
		}
		if !m.Extract.Complete || m.Extract.TotalCount == 0 || m.Extract.Unique != m.Extract.TotalCount {
			t.Errorf("%s: %+v", plan.Spec.File, m.Extract)
		}
		for i, table := range plan.Tables {
			rows := m.Tables[table.Name].Rows
			whole := plan.Spec.Tables[i].Rows == "" && plan.Spec.Tables[i].Filter == ""
			if rows == 0 && !neverInDemo[table.Name] || whole && rows != m.Extract.TotalCount {
				t.Errorf("%s: %s has %d rows of %d records", plan.Spec.File, table.Name, rows, m.Extract.TotalCount)
			}
			checkReferencesOf(t, m, table.Name, told)
			if m.Tables[table.Name].Rejected != 0 {
				t.Errorf("%s: %d records rejected", plan.Spec.File, m.Tables[table.Name].Rejected)
			}
		}
	}
}

// neverInDemo are the tables that the demo API has no data for; cases beside the specs have.
var neverInDemo = map[string]bool{"comment_mentions": true, "region_bands": true}

// whys are why references stay open in the demo data, as at CIViC.
var whys = []string{"the API lists no source that is retracted or deprecated", "s that are not accepted are not in that table",
	"the API lists no gene without a variant of its own",
	"the API lists a trial only if one of its sources has evidence that is not rejected"}

// checkReferencesOf: every reference was looked at, and those that do not close say why.
func checkReferencesOf(t *testing.T, m *manifest.Manifest, table, told string) {
	t.Helper()
	for _, c := range m.Checks {
		if c.Table != table || !strings.HasPrefix(c.Check, "references") || c.Outcome == "passed" {
			continue
		}
		explained := slices.ContainsFunc(whys, func(why string) bool { return strings.HasSuffix(c.Found, why+")") })
		if c.Outcome != "failed" || !explained || !strings.Contains(told, strings.TrimSuffix(strings.Replace(c.Check, "references:", "references", 1), ", not required")) {
			t.Errorf("%s: %s: %s", table, c.Check, c.Outcome)
		}
	}
}

// TestShippedAlone: a pipeline runs where nothing that it refers to was ever published.
func TestShippedAlone(t *testing.T) {
	var evidence []*plan.Plan
	for _, plan := range shippedPlans(t) {
		if plan.Spec.Name == "evidence" {
			evidence = append(evidence, plan)
		}
	}
	if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{})).Run(t.Context(), evidence); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(evidence[0].Target)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for _, c := range m.Checks {
		outcomes[c.Table+" "+c.Check] = c.Outcome
	}
	for check, want := range map[string]string{
		"evidence references: disease_id to id of out/diseases, not required": "skipped",
		"evidence_therapies references: evidence_id to id of evidence":        "passed",
	} {
		if outcomes[check] != want {
			t.Errorf("%s: %q, not %s", check, outcomes[check], want)
		}
	}
}

func testRunner(endpoint string) *run.Runner {
	return &run.Runner{Version: "test", UserAgent: "test", Env: func(string) (string, bool) { return "", false }, Endpoint: endpoint}
}

// The tables of evidence_all are those of evidence: columns, keys and checks, but for the number of rows and the names.
func TestEvidenceAll(t *testing.T) {
	tables := func(name string) (texts []string) {
		files, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		plans, err := CompileAll(files, testSettings())
		if err != nil {
			t.Fatal(err)
		}
		for i, table := range plans[0].Spec.Tables {
			for j, column := range table.Columns {
				typ := plans[0].Decode.Tables[i].Columns[j].Type
				texts = append(texts, fmt.Sprint(column.Name, " ", plan.FromText(column), " ", typ, " ", column.Hidden))
			}
			texts = append(texts, fmt.Sprint(plans[0].Tables[i].Key))
			for _, check := range plans[0].Checks[i] {
				if check.Kind != "min_rows" && check.Short() != "values of status" {
					texts = append(texts, strings.ReplaceAll(check.String(), " evidence_all", " evidence"))
				}
			}
		}
		return texts
	}
	accepted, all := tables("evidence"), tables("evidence_all")
	if !slices.Equal(accepted, all) {
		t.Errorf("evidence:\n%s\nevidence_all:\n%s", strings.Join(accepted, "\n"), strings.Join(all, "\n"))
	}
}
