package readers

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReleases holds the eight release files against releases.py, which makes them from the API by the server's rules
// and shares no code with civic-etl: byte for byte.
func TestReleases(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		absent(t, "no python3: %v", err)
	}
	endpoint, out := demoAPI(t, "--requests", "-1"), filepath.Join(t.TempDir(), "out")
	runSpec(t, filepath.Join(root, "pipelines", "releases"), out,
		"--endpoint", endpoint, "--set", "source.rate_limit.requests=1000000")
	said, err := exec.CommandContext(t.Context(), python, "releases.py", endpoint, out).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.4000s", err, said)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	var decided map[string]int
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &decided); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{
		"variants by an assertion only", "variants without accepted", "variants in several groups", "exon transcripts",
		"groups beyond a page", "profiles without accepted", "profiles with items left out",
		"profiles with items of every status", "profiles with assertions of every status",
	} {
		if decided[rule] == 0 {
			t.Errorf("the demo data do not test the rule: %s", rule)
		}
	}
	if got := civic(t, "verify", filepath.Join(out, "variant_summaries")); got.code != 0 {
		t.Errorf("verify: %s%s", got.stdout, got.stderr)
	}
}
