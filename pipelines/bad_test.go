package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// settingsOf takes settings of a spec for tests from its comments: `# --set a=b`.
func settingsOf(text string) spec.Settings {
	s := testSettings()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "# --set "); ok {
			s.Set = append(s.Set, v)
		}
		if v, ok := strings.CutPrefix(line, "# --format "); ok {
			s.Formats = strings.Split(v, ",")
		}
		if v, ok := strings.CutPrefix(line, "# --out "); ok {
			s.Out = v
		}
		if v, ok := strings.CutPrefix(line, "# --endpoint "); ok {
			s.Endpoint = v
		}
	}
	return s
}

// One bad spec for each mistake, with the exact text that is said of it.
func TestBadSpecs(t *testing.T) {
	all := testkit.Files(t, "testdata/bad/*.yaml")
	if len(all) < 60 {
		t.Errorf("only %d bad specs", len(all))
	}
	for _, file := range all {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := testkit.Read(t, file)
			_, err := CompileAll([]File{{Name: filepath.Base(file), Data: data}}, settingsOf(string(data)))
			var faults document.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("no faults, but %v", err)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the value of a variable shows: %v", err)
			}
			testkit.Golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// A text without a spec has no bad spec, and a spec without a text is stale.
func TestBadSpecsHaveTexts(t *testing.T) {
	for _, file := range testkit.Files(t, "testdata/bad/*.txt") {
		if _, err := os.Stat(strings.TrimSuffix(file, ".txt") + ".yaml"); err != nil {
			t.Errorf("%s is of no spec: %v", file, err)
		}
	}
}

func testSettings() spec.Settings { return spec.Settings{Env: testkit.Env, Now: testkit.Now} }
