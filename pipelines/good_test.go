package pipelines

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/transform"
)

func compileGood(t testing.TB, file string) *plan.Plan {
	t.Helper()
	data := testkit.Read(t, file)
	plans, err := CompileAll([]File{{Name: filepath.Base(file), Data: data}}, settingsOf(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return plans[0]
}

// What plan prints of the good specs, and of the shipped ones, is kept.
func TestPlans(t *testing.T) {
	for _, file := range append(testkit.Files(t, "testdata/good/*.yaml"), testkit.SpecFiles(t, ".")...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			plan := compileGood(t, file)
			text := filepath.Join("testdata/good", strings.TrimSuffix(filepath.Base(file), ".yaml"))
			testkit.Golden(t, text+".txt", plan.Text())
			encoded, err := json.MarshalIndent(plan, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, text+".json", string(encoded)+"\n")
		})
	}
}

// Everything a plan says of columns must be what transform can do.
func TestPlansDecode(t *testing.T) {
	for _, file := range append(testkit.Files(t, "testdata/good/*.yaml"), testkit.SpecFiles(t, ".")...) {
		d, err := transform.Compile(compileGood(t, file).Decode)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		d.Close()
	}
}
