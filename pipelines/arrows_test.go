package pipelines

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
)

// arrows is the picture of docs/design.md: each package with the packages of this module that it may import. Continued
// lines begin with a space. Between stages there is no arrow: extract, transform and load never import each other.
const arrows = `
cmd/civic-etl: cmd/civic-etl/internal/args cmd/civic-etl/internal/completion cmd/civic-etl/internal/render
    cmd/civic-etl/internal/terminal extract/demoapi load/diff load/inspect load/verify pipelines
    pipelines/cases pipelines/catalog pipelines/checks pipelines/document pipelines/plan pipelines/run
    pipelines/spec pipelines/starter pipelines/state schemas schemas/browse
cmd/civic-etl/internal/args:
cmd/civic-etl/internal/completion: cmd/civic-etl/internal/args cmd/civic-etl/internal/terminal pipelines
    schemas schemas/browse
cmd/civic-etl/internal/render: cmd/civic-etl/internal/terminal load/diff load/inspect load/verify
    schemas/browse
cmd/civic-etl/internal/terminal: pipelines/run
extract: extract/graphql schemas schemas/jsonscan
extract/demoapi: extract/demoapi/internal/execute extract/demoapi/internal/recorded schemas
extract/demoapi/internal/dice:
extract/demoapi/internal/execute: extract/demoapi/internal/dice extract/demoapi/internal/listing
    extract/demoapi/internal/record extract/demoapi/internal/recorded extract/demoapi/internal/synthetic
    schemas
extract/demoapi/internal/genome: extract/demoapi/internal/dice
extract/demoapi/internal/listing: extract/demoapi/internal/dice extract/demoapi/internal/record
extract/demoapi/internal/record:
extract/demoapi/internal/recorded: extract/demoapi/internal/listing extract/demoapi/internal/record schemas
extract/demoapi/internal/synthetic: extract/demoapi/internal/dice extract/demoapi/internal/genome
    extract/demoapi/internal/record
extract/graphql: extract/limit schemas/jsonscan
extract/limit:
extract/reconcile: extract extract/graphql
load: load/disk load/format load/internal/digest load/internal/hive load/internal/parquetio
    load/internal/publish load/internal/textio load/internal/values load/internal/vcf load/manifest
    schemas
load/diff: load/internal/textio load/manifest load/published schemas
load/disk:
load/filelock:
load/format: schemas
load/inspect: load/disk load/format load/internal/parquetio load/internal/textio load/manifest
    load/published
load/internal/digest: load/internal/values schemas
load/internal/hive: load/internal/textio schemas
load/internal/parquetio: load/disk load/format load/internal/digest load/internal/values schemas
load/internal/publish: load/disk load/filelock load/manifest
load/internal/tabletest: schemas
load/internal/textio: load/format load/internal/digest load/internal/values schemas
load/internal/values:
load/internal/vcf: load/format load/internal/digest load/internal/textio load/internal/values schemas
load/manifest: load/disk load/format schemas
load/published: load/disk load/internal/hive load/internal/parquetio load/internal/textio load/internal/vcf
    load/manifest schemas
load/verify: load/disk load/format load/internal/digest load/internal/hive load/internal/parquetio load/manifest
    load/published schemas
pipelines: pipelines/checks pipelines/document pipelines/internal/wording pipelines/plan pipelines/spec schemas
pipelines/cases: extract load load/format pipelines pipelines/checks pipelines/document pipelines/internal/lookup
    pipelines/internal/wording pipelines/plan pipelines/spec schemas transform
pipelines/catalog: load load/manifest pipelines pipelines/checks pipelines/internal/wording pipelines/plan
    pipelines/spec schemas
pipelines/checks: load/manifest load/published pipelines/document pipelines/internal/wording pipelines/plan
    schemas
pipelines/document: pipelines/internal/wording schemas
pipelines/internal/drift: extract/graphql pipelines/document pipelines/internal/wording pipelines/plan schemas
    schemas/introspect
pipelines/internal/lookup:
pipelines/internal/recording: extract load/disk pipelines/plan
pipelines/internal/spool: extract extract/graphql
pipelines/internal/testkit: extract/demoapi
pipelines/internal/wording: schemas
pipelines/plan: extract load/format load/manifest pipelines/document pipelines/internal/wording pipelines/spec
    schemas transform transform/expression
pipelines/run: extract extract/graphql extract/limit extract/reconcile load load/disk load/format
    load/manifest pipelines/checks pipelines/document pipelines/internal/drift pipelines/internal/recording
    pipelines/internal/lookup pipelines/internal/spool pipelines/internal/wording pipelines/plan pipelines/spec pipelines/state schemas
    transform
pipelines/spec: extract load/format pipelines/document pipelines/internal/wording schemas
pipelines/starter: pipelines/internal/wording schemas schemas/browse
pipelines/state: load/filelock
schemas: schemas/internal/sdl schemas/internal/wording
schemas/browse: schemas schemas/internal/wording
schemas/internal/sdl: schemas/internal/wording
schemas/internal/wording:
schemas/introspect: schemas schemas/internal/sdl schemas/internal/wording
schemas/jsonscan:
transform: schemas schemas/jsonscan transform/expression transform/internal/column
transform/expression: schemas schemas/jsonscan transform/expression/internal/eval
transform/expression/internal/eval: schemas/jsonscan
transform/internal/column: schemas schemas/jsonscan
`

// allowed reads the picture.
func allowed() map[string][]string {
	packages := map[string][]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(arrows), "\n ", " "), "\n") {
		from, to, _ := strings.Cut(line, ":")
		packages[from] = strings.Fields(to)
	}
	return packages
}

func TestArrows(t *testing.T) {
	const module = "github.com/civic-etl/civic-etl/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	picture := allowed()
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], module)
		may, known := picture[from]
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

// Limits of a package, without its tests.
const (
	maxFiles = 15
	maxLines = 2500
)

// TestPackages holds the size of each package, and that its comment says what the package never does.
func TestPackages(t *testing.T) {
	const format = `{{.Dir}}{{range .GoFiles}} {{.}}{{end}}{{range .IgnoredGoFiles}} {{.}}{{end}}`
	out, err := exec.Command("go", "list", "-f", format, "../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		dir, files, lines, comments := fields[0], 0, 0, []string(nil)
		for _, name := range fields[1:] {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text := string(testkit.Read(t, filepath.Join(dir, name)))
			files, lines = files+1, lines+strings.Count(text, "\n")
			if comment, _, _ := strings.Cut(text, "\npackage "); strings.Contains(comment, "// Package ") {
				comments = append(comments, comment)
			}
		}
		if files > maxFiles || lines > maxLines {
			t.Errorf("%s has %d files and %d lines: at most %d and %d", dir, files, lines, maxFiles, maxLines)
		}
		isCommand := filepath.Base(dir) == "civic-etl" && filepath.Base(filepath.Dir(dir)) == "cmd"
		if !isCommand && (len(comments) != 1 || !strings.Contains(comments[0], "never")) {
			t.Errorf("%s needs one package comment: what it takes, what it gives, what it never does", dir)
		}
	}
}

// TestSurface holds what each package exports against a golden file, so that a
// new name is a visible difference.
func TestSurface(t *testing.T) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(allowed())) {
		if strings.HasPrefix(name, "cmd/") || strings.Contains(name, "/internal/") {
			continue
		}
		out, err := exec.Command("go", "doc", "-short", "../"+name).Output()
		if err != nil {
			t.Fatalf("go doc %s: %v", name, err)
		}
		fmt.Fprintf(&b, "%s\n%s\n", name, out)
	}
	testkit.Golden(t, "testdata/surface.txt", b.String())
}
