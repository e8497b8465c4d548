package pipelines

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
)

// allowed is the picture of docs/design.md: who may import whom in this module.
var allowed = map[string][]string{
	"schemas":                   {"schemas/internal/sdl", "schemas/internal/wording"},
	"schemas/browse":            {"schemas", "schemas/internal/wording"},
	"schemas/introspect":        {"schemas", "schemas/internal/sdl"},
	"schemas/internal/sdl":      {},
	"schemas/internal/wording":  {},
	"schemas/jsonscan":          {},
	"transform":                 {"schemas", "schemas/jsonscan", "transform/expression", "transform/internal/column"},
	"transform/expression":      {"schemas", "schemas/jsonscan"},
	"transform/internal/column": {"schemas", "schemas/jsonscan"},
	"load":                      {"schemas", "load/format", "load/internal/digest", "load/internal/textio", "load/filelock"},
	"load/format":               {},
	"load/internal/digest":      {"schemas"},
	"load/internal/textio":      {"schemas", "load/format", "load/internal/digest"},
	"load/internal/tabletest":   {"schemas"},
	"load/filelock":             {},
	"extract":                   {"schemas", "schemas/jsonscan", "extract/graphql"},
	"extract/graphql":           {"schemas/jsonscan", "extract/limit"},
	"extract/limit":             {},
	"extract/reconcile":         {"extract", "extract/graphql"},
	"extract/demoapi":           {"schemas"},
	"extract/state":             {"load/filelock"},
	"pipelines":                 {"schemas", "schemas/browse", "schemas/introspect", "transform", "transform/expression", "load", "load/format", "extract", "extract/graphql", "extract/limit", "extract/reconcile", "extract/state"},
	"cmd/civic-etl": {
		"schemas", "schemas/browse", "pipelines", "extract/demoapi", "cmd/civic-etl/internal/args",
		"cmd/civic-etl/internal/completion", "cmd/civic-etl/internal/render", "cmd/civic-etl/internal/terminal",
	},
	"cmd/civic-etl/internal/args":     {},
	"cmd/civic-etl/internal/terminal": {"pipelines"},
	"cmd/civic-etl/internal/render":   {"schemas/browse", "pipelines", "cmd/civic-etl/internal/terminal"},
	"cmd/civic-etl/internal/completion": {
		"schemas", "schemas/browse", "pipelines", "cmd/civic-etl/internal/args", "cmd/civic-etl/internal/terminal",
	},
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
		if strings.HasPrefix(name, "cmd/") || strings.Contains(name, "/internal/") {
			continue
		}
		out, err := exec.Command("go", "doc", "-short", "../"+name).Output()
		if err != nil {
			t.Fatalf("go doc %s: %v", name, err)
		}
		fmt.Fprintf(&b, "%s\n%s\n", name, out)
	}
	const golden = "testdata/surface.txt"
	if *testkit.Update {
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
