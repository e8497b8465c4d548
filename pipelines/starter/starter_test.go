package starter

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// TestStarters writes a starter for every connection, and runs it as it is.
func TestStarters(t *testing.T) {
	endpoint := testkit.ServeDemo(t, demoapi.Options{})
	out := t.TempDir()
	var files []pipelines.File
	for _, c := range schemas.Embedded().Connections() {
		text, err := Spec(schemas.Embedded(), c.Name)
		if err != nil {
			t.Fatal(err)
		}
		for name, one := range map[string]string{"activities": "userId: [3]", "events": "originatingUserId: 3"} {
			if c.Name == name { // those of one user: all of them take longer than a test should
				text = strings.Replace(text, "  args:\n", "  args:\n    "+one+"\n", 1)
			}
		}
		files = append(files, pipelines.File{Name: c.Name + ".yaml", Data: []byte(text)})
	}
	plans, err := pipelines.CompileAll(files, spec.Settings{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		p.Spec.Source.Requests = 1_000_000 // the demo API here has no limit
		checkStarter(t, p)
	}
	if _, err := testRunner(endpoint).Run(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		m, err := manifest.Read(filepath.Join(out, p.Spec.Name))
		if err != nil {
			t.Fatal(err)
		}
		rows := m.Tables[p.Spec.Name].Rows
		if rows != m.Extract.TotalCount || rows == 0 && p.Spec.Name != "notifications" && p.Spec.Name != "news_items" {
			t.Errorf("%s: %d rows of %d records", p.Spec.Name, rows, m.Extract.TotalCount)
		}
	}
}

// checkStarter wants the id first, what decides on the records said, and every
// plain value of a record that the API does not give up.
func checkStarter(t *testing.T, p *plan.Plan) {
	t.Helper()
	table := &p.Spec.Tables[0]
	if table.Columns[0].Path != "id" {
		t.Errorf("%s begins with %s, not with the id", p.Spec.Name, table.Columns[0].Path)
	}
	for _, arg := range p.Connection.Args {
		if _, said := p.Spec.Extract.Args[arg.Name]; !said && starterScope[arg.Name+": "+arg.Type.String()] != "" {
			t.Errorf("%s leaves %s to the server", p.Spec.Name, arg.Name)
		}
	}
	paths := map[string]bool{}
	for _, c := range table.Columns {
		paths[c.Path] = true
		if strings.HasSuffix(c.Name, "typename") && c.Name != "typename" && !strings.HasSuffix(c.Name, "_typename") || strings.Contains(c.Name, "id_typename") {
			t.Errorf("%s: %s is no name for %s", p.Spec.Name, c.Name, c.Path)
		}
	}
	node, err := browse.Lookup(p.Schema, p.Connection.Node)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := split(node[0].Fields)
	for _, f := range plain {
		if !paths[f.Name] {
			t.Errorf("%s has no column for %s", p.Spec.Name, f.Name)
		}
	}
}

func TestStarterUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"evidenceItem": "did you mean evidenceItems?", "EvidenceItem": "did you mean evidenceItems?", "": "no connection",
	} {
		if _, err := Spec(schemas.Embedded(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

func testRunner(endpoint string) *run.Runner {
	return &run.Runner{Version: "test", UserAgent: "test", Env: func(string) (string, bool) { return "", false }, Endpoint: endpoint}
}
