package catalog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

var catalogNames = []string{"README.md", "load.duckdb.sql", "load.spark.sql"}

// catalogPlans are those of testdata/catalog, to be published in out.
func catalogPlans(t *testing.T, out string) []*plan.Plan {
	t.Helper()
	files, err := pipelines.Find("testdata")
	if err != nil {
		t.Fatal(err)
	}
	plans, err := pipelines.CompileAll(files, spec.Settings{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

// runFirst publishes the first records of the plans.
func runFirst(t *testing.T, plans []*plan.Plan) {
	t.Helper()
	r := testRunner(testkit.ServeDemo(t, demoapi.Options{}))
	r.Limit = 30
	if _, err := r.Run(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
}

func cataloged(t *testing.T, dir string, plans []*plan.Plan) map[string]string {
	t.Helper()
	if kept, err := Write(dir, plans); err != nil || len(kept) > 0 {
		t.Fatalf("kept %v, error %v", kept, err)
	}
	texts := map[string]string{}
	for _, name := range catalogNames {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

func TestCatalog(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	plans := catalogPlans(t, out)
	runFirst(t, plans)
	slices.Reverse(plans) // the order on the command line does not show
	for name, text := range cataloged(t, out, plans) {
		testkit.Golden(t, filepath.Join("testdata", name), text)
	}
}

// TestCatalogOfSome: what failed is described as it was published before, or named;
// what is only published by other runs too, if its spec is shipped.
func TestCatalogOfSome(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	shippedOnes, err := pipelines.CompileAll(slices.Concat(found(t, "phenotypes"), found(t, "variant_types")), spec.Settings{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	runFirst(t, shippedOnes)
	plans := catalogPlans(t, out)
	runFirst(t, plans[:1])
	readme := cataloged(t, out, plans)["README.md"]
	if !strings.Contains(readme, "since their runs failed: items, my-groups.") {
		t.Errorf("what failed is not named:\n%s", readme)
	}
	for _, heading := range []string{"## diseases\n", "## phenotypes\n", "## variant_types\n"} {
		if !strings.Contains(readme, heading) {
			t.Errorf("no %q", heading)
		}
	}
	readme = cataloged(t, out, shippedOnes)["README.md"]
	if strings.Contains(readme, "## diseases") || !strings.Contains(readme, "published them: `diseases`.") {
		t.Errorf("a folder that another spec published:\n%s", readme)
	}
	if err := os.RemoveAll(filepath.Join(out, "phenotypes", manifest.Name)); err != nil {
		t.Fatal(err)
	}
	if readme = cataloged(t, out, shippedOnes)["README.md"]; strings.Contains(readme, "## phenotypes") {
		t.Error("a folder without manifest is described")
	}
}

func found(t *testing.T, arg string) []pipelines.File {
	t.Helper()
	files, err := pipelines.Find(arg)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCatalogKeepsOthersFiles: a README.md that somebody wrote stays.
func TestCatalogKeepsOthersFiles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	plans := catalogPlans(t, out)[:1]
	runFirst(t, plans)
	readme := filepath.Join(out, "README.md")
	if err := os.WriteFile(readme, []byte("# My project\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := Write(out, plans)
	if err != nil || !slices.Equal(kept, []string{readme}) {
		t.Errorf("kept %v, error %v", kept, err)
	}
	if text, _ := os.ReadFile(readme); string(text) != "# My project\n" {
		t.Errorf("it holds %q", text)
	}
	if _, err := os.Stat(filepath.Join(out, "load.duckdb.sql")); err != nil {
		t.Error(err)
	}
}

// TestCatalogRemovesFormerPicture: relations.svg of an earlier version goes, one that
// somebody else wrote stays.
func TestCatalogRemovesFormerPicture(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	plans := catalogPlans(t, out)[:1]
	runFirst(t, plans)
	picture := filepath.Join(out, "relations.svg")
	for text, stays := range map[string]bool{"<svg>\n<!-- Written by civic-etl: what leads where. -->": false, "<svg/>": true} {
		if err := os.WriteFile(picture, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cataloged(t, out, plans)
		if _, err := os.Stat(picture); (err == nil) != stays {
			t.Errorf("%q: stays %v, error %v", text, stays, err)
		}
	}
}

func TestMermaidNames(t *testing.T) {
	for name, want := range map[string]string{
		"id": "id", "PK": "PK_", "fk": "fk_", "2nd": "_2nd", "a b<c>": "a_b_c_", "größe": "größe", "x\"y": "x_y", "\U0001F600": "_",
	} {
		if got := mermaidName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got, want := mermaidText("a \"b\"\n100% \\ c"), `"a 'b' 100_ _ c"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func testRunner(endpoint string) *run.Runner {
	return &run.Runner{Version: "test", UserAgent: "test", Env: func(string) (string, bool) { return "", false }, Endpoint: endpoint}
}
