package pipelines

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the picture of docs/design.md: who may import whom in this module.
var allowed = map[string][]string{
	"schemas":         {},
	"transform":       {"schemas"},
	"load":            {"schemas", "load/zstdpage"},
	"load/zstdpage":   {},
	"extract":         {"schemas"},
	"extract/demoapi": {"schemas", "extract/demoapi/internal/execute", "extract/demoapi/internal/recorded"},
	"extract/demoapi/internal/execute": {"schemas", "extract/demoapi/internal/dice", "extract/demoapi/internal/listing",
		"extract/demoapi/internal/record", "extract/demoapi/internal/recorded", "extract/demoapi/internal/synthetic"},
	"extract/demoapi/internal/recorded":  {"schemas", "extract/demoapi/internal/listing", "extract/demoapi/internal/record"},
	"extract/demoapi/internal/listing":   {"extract/demoapi/internal/dice", "extract/demoapi/internal/record"},
	"extract/demoapi/internal/synthetic": {"extract/demoapi/internal/dice", "extract/demoapi/internal/record"},
	"extract/demoapi/internal/record":    {},
	"extract/demoapi/internal/dice":      {},
	"extract/state":                      {},
	"pipelines":                          {"schemas", "transform", "load", "extract", "extract/state"},
	"cmd/civic-etl":                      {"schemas", "pipelines", "extract/demoapi"},
}

func TestArrows(t *testing.T) {
	const module = "github.com/civic-etl/civic-etl/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], module)
		may, known := allowed[from]
		if !known {
			t.Errorf("package %s is not in the picture of docs/design.md", from)
			continue
		}
		for _, to := range fields[1:] {
			if strings.HasSuffix(to, "/pqarrow") { // in tests it may be
				t.Errorf("%s imports %s, which links Arrow Flight and gRPC", from, to)
			}
			if to, ours := strings.CutPrefix(to, module); ours && !slices.Contains(may, to) {
				t.Errorf("%s imports %s, against the arrows", from, to)
			}
		}
	}
}

// TestSurface holds what each package exports against a golden file, so that a
// new name is a visible difference.
func TestSurface(t *testing.T) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if name == "cmd/civic-etl" {
			continue
		}
		out, err := exec.Command("go", "doc", "-short", "../"+name).Output()
		if err != nil {
			t.Fatalf("go doc %s: %v", name, err)
		}
		fmt.Fprintf(&b, "%s\n%s\n", name, out)
	}
	const golden = "testdata/surface.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the exported names have changed; look at them and run go test ./pipelines -run Surface -update\n%s", b.String())
	}
}
