package run

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

const featuresSpec = `
version: 1
name: features
source: {retries: 0, patience: 0s}
extract: {from: [factors, regions, fusions], args: {evidenceStatusFilter: ALL}, page_size: 25}
columns: {id: id, kind: featureType, name: name, ncit_id: featureInstance.Factor.ncitId}
key: [id]
checks: [unique: [id]]
load: {to: out, formats: [ndjson]}
`

// counts are how many records each connection of featuresSpec has.
func counts(t *testing.T, url string) (all []int, total int) {
	t.Helper()
	for _, connection := range []string{"factors", "regions", "fusions"} {
		plan := compiled(t, strings.Replace(featuresSpec, "[factors, regions, fusions]", connection, 1))
		n, err := testRunner(url).Probe(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		all, total = append(all, int(n)), total+int(n)
	}
	return all, total
}

// rows are the lines of a published NDJSON table.
func rows(t *testing.T, plan *plan.Plan) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(plan.Target, plan.Tables[0].Name+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestSeveralConnections(t *testing.T) {
	url := testkit.ServeDemo(t, demoapi.Options{})
	each, total := counts(t, url)
	p := compiled(t, featuresSpec)
	recording := t.TempDir()
	r := testRunner(url)
	r.Record = recording
	summaries, err := r.Run(t.Context(), []*plan.Plan{p})
	if err != nil {
		t.Fatal(err)
	}
	got, at := rows(t, p), 0
	if len(got) != total || int(summaries[0].Rows) != total {
		t.Fatalf("%d rows, the summary says %d, the connections have %d", len(got), summaries[0].Rows, total)
	}
	for i, kind := range []string{"FACTOR", "REGION", "FUSION"} {
		for range each[i] {
			if !strings.Contains(got[at], `"kind":"`+kind+`"`) {
				t.Fatalf("row %d is %s, want a %s", at, got[at], kind)
			}
			at++
		}
	}
	m, err := manifest.Read(p.Target)
	if err != nil {
		t.Fatal(err)
	}
	if e := m.Extract; m.Source.Connection != "factors, regions, fusions" || !e.Complete || int(e.TotalCount) != total || int(e.Unique) != total || e.Requests != summaries[0].Requests {
		t.Errorf("the manifest says %+v, %+v", m.Source, e)
	}

	replayed := compiled(t, featuresSpec)
	r = testRunner("")
	r.Replay = recording
	if _, err := r.Run(t.Context(), []*plan.Plan{replayed}); err != nil {
		t.Fatal(err)
	}
	if sums(t, replayed) != sums(t, p) {
		t.Error("the replay of the recording gives other files")
	}
}

// TestSeveralConnectionsLimited: a limit counts the records of all.
func TestSeveralConnectionsLimited(t *testing.T) {
	url := testkit.ServeDemo(t, demoapi.Options{})
	each, total := counts(t, url)
	for _, limit := range []int{1, each[0], each[0] + 1, each[0] + each[1], total - 1, total + 5} {
		p := compiled(t, featuresSpec)
		r := testRunner(url)
		r.Limit = limit
		if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
			t.Fatal(err)
		}
		if got := len(rows(t, p)); got != min(limit, total) {
			t.Errorf("limit %d gives %d rows", limit, got)
		}
	}
}

// TestSeveralConnectionsAllOrNothing: what one connection lacks keeps the rows of
// all from being published.
func TestSeveralConnectionsAllOrNothing(t *testing.T) {
	t.Parallel() // it waits between tries
	url := testkit.ServeDemo(t, demoapi.Options{})
	_, total := counts(t, url)
	for name, fault := range map[string]demoapi.Fault{
		"refused": {Kind: "null", Match: "regions(", Times: -1},
		"rejects": {Kind: "poison", Value: 0, Match: "fusions(", Times: -1},
	} {
		p := compiled(t, featuresSpec)
		if name == "rejects" {
			fault.Value = idOf(t, url, "fusions")
		}
		_, err := testRunner(testkit.ServeDemo(t, demoapi.Options{Faults: demoapi.Faults{fault}})).Run(t.Context(), []*plan.Plan{p})
		if err == nil {
			t.Errorf("%s: published", name)
		}
		if _, err := os.Stat(p.Target); !os.IsNotExist(err) {
			t.Errorf("%s: something stands at the target", name)
		}
		alone(t, p.Target)
		if name != "rejects" {
			continue
		}
		p.Spec.MaxRejects = 1
		if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{Faults: demoapi.Faults{fault}})).Run(t.Context(), []*plan.Plan{p}); err != nil {
			t.Fatal(err)
		}
		if got := len(rows(t, p)); got != total-1 {
			t.Errorf("%d rows beside the reject, want %d", got, total-1)
		}
	}
}

// idOf is the id of some record of a connection.
func idOf(t *testing.T, url, connection string) int {
	t.Helper()
	p := compiled(t, strings.Replace(featuresSpec, "[factors, regions, fusions]", connection, 1))
	if _, err := testRunner(url).Run(t.Context(), []*plan.Plan{p}); err != nil {
		t.Fatal(err)
	}
	var id int
	for _, c := range strings.TrimPrefix(rows(t, p)[2], `{"id":`) {
		if c == ',' {
			break
		}
		id = id*10 + int(c-'0')
	}
	return id
}

// TestSeveralConnectionsNullable: a column that can be null in one part can be
// null in the table.
func TestSeveralConnectionsNullable(t *testing.T) {
	const spec = `
version: 1
name: names
extract: {from: [variantGroups, regions]}
columns: {id: id, name: name, description: description}
load: {to: out, formats: [parquet]}
`
	plan := compiled(t, spec)
	for _, part := range plan.All() {
		for i, c := range part.Tables[0].Columns {
			if want := c.Name == "description"; c.Type.Nullable != want || c.Type != plan.Tables[0].Columns[i].Type || c.Type != part.Decode.Tables[0].Columns[i].Type {
				t.Errorf("%s: column %s is %s, in the table %s", part.Connection.Name, c.Name, c.Type, plan.Tables[0].Columns[i].Type)
			}
		}
	}
}

func TestSeveralConnectionsFaults(t *testing.T) {
	for name, c := range map[string]struct{ from, columns, want string }{
		"unknown":    {"[genes, fusoins]", "{id: id}", "test.yaml:4:25: the API has no connection \"fusoins\"; did you mean fusions?"},
		"twice":      {"[genes, genes]", "{id: id}", "test.yaml:4:25: extract.from names genes twice; name it once"},
		"empty":      {"[]", "{id: id}", "test.yaml:4:17: extract.from is an empty list; write a list of connections"},
		"no field":   {"[genes, fusions]", "{id: id, entrez: entrezId}", "test.yaml:5:27: columns.entrez: Fusion has no field \"entrezId\""},
		"no node":    {"[genes, evidenceItems]", "{id: id, kind: featureType}", "test.yaml:5:25: columns.kind: EvidenceItem has no field"},
		"other kind": {"[sources, browseSources]", "{id: id, citation: citationId}", "test.yaml:5:29: columns.citation is string in sources and int64 in browseSources; give it a type"},
		"argument":   {"[regions, fusions], args: {iscnName: x}", "{id: id}", "iscnName"},
		"types":      {"[activities, diseases]", "{id: id}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := "version: 1\nname: x\nsource: {retries: 0, patience: 0s}\nextract: {from: " + c.from + "}\ncolumns: " + c.columns + "\nload: {to: out, formats: [tsv]}\n"
			_, err := pipelines.CompileAll([]pipelines.File{{Name: "test.yaml", Data: []byte(s)}}, spec.Settings{})
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var faults document.Faults
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestSeveralConnectionsToStdout: rows that are written there stay, so none is
// before the last connection is known to be whole.
func TestSeveralConnectionsToStdout(t *testing.T) {
	for name, faults := range map[string]demoapi.Faults{
		"whole":   nil,
		"lacking": {{Kind: "total", Value: 7, Match: "fusions(", Times: -1}},
	} {
		var out bytes.Buffer
		url := testkit.ServeDemo(t, demoapi.Options{Faults: faults})
		r := testRunner(url)
		r.Stdout = &out
		_, err := r.Run(t.Context(), []*plan.Plan{compiled(t, featuresSpec)})
		if whole := faults == nil; (err == nil) != whole || (out.Len() > 0) != whole {
			t.Errorf("%s: %v, and %d bytes were written", name, err, out.Len())
		}
	}
}
