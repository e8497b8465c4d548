package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// elsewhere are the documented commands that other steps of .ci/run run: this test
// would run itself. testdata/readers runs all pipelines at once: together with the other
// documented commands they would exceed the rate limit.
var elsewhere = []string{"make ", "CGO_ENABLED=0 go build", "go run ./cmd/civic-etl", "go test ", "civic-etl run all --out civic"}

// TestDocumentedCommands runs every command of every ```sh block, in order,
// against the demo API; a ```yaml block that is a whole spec becomes
// the file its name says, and one that begins with `# x.yaml` the file x.yaml.
func TestDocumentedCommands(t *testing.T) {
	if raceEnabled {
		t.Skip("a race run covers these commands by other tests")
	}
	server := serveDemoAPI(t)
	for _, doc := range documents(t) {
		t.Run(filepath.Base(doc), func(t *testing.T) {
			text, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			writeSpecs(t, dir, string(text))
			for _, command := range commands(string(text)) {
				runDocumented(t, dir, server, command)
			}
		})
	}
}

func serveDemoAPI(t *testing.T) string {
	handler, err := demoapi.New(demoapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/api/graphql"
}

// documents are all but the cookbook, whose commands testdata/readers runs
// before it asks its queries.
func documents(t *testing.T) []string {
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	docs = slices.DeleteFunc(docs, func(doc string) bool { return filepath.Base(doc) == "cookbook.md" })
	return append(docs, "../../README.md", "../../CONTRIBUTING.md")
}

var (
	block    = regexp.MustCompile("(?ms)^```(sh|yaml)\n(.*?)^```$")
	fileName = regexp.MustCompile(`^# ([a-z0-9_-]+\.yaml)\n`)
	specName = regexp.MustCompile(`(?m)^name: ([a-z0-9_-]+)`)
)

func writeSpecs(t *testing.T, dir, text string) {
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		if m[1] != "yaml" || !strings.Contains(m[2], "version: 1") {
			continue
		}
		file := ""
		if name := fileName.FindStringSubmatch(m[2]); name != nil {
			file = name[1]
		} else if name := specName.FindStringSubmatch(m[2]); name != nil {
			file = name[1] + ".yaml"
		} else {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(m[2]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func commands(text string) []string {
	var list []string
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		if m[1] != "sh" {
			continue
		}
		for line := range strings.Lines(m[2]) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				list = append(list, line)
			}
		}
	}
	return list
}

func runDocumented(t *testing.T, dir, server, command string) {
	for _, prefix := range elsewhere {
		if strings.HasPrefix(command, prefix) {
			return
		}
	}
	cmd := exec.Command("sh", "-ec", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CIVIC_ENDPOINT="+server, "CIVIC_ETL_STATE="+filepath.Join(dir, ".state"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s\n%v\n%s", command, err, out)
	}
}

// TestDocumentedSpecs validates every whole spec that a document shows.
func TestDocumentedSpecs(t *testing.T) {
	for _, doc := range documents(t) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		writeSpecs(t, dir, string(text))
		specs, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
		for _, spec := range specs {
			if strings.HasSuffix(spec, "_test.yaml") {
				continue // run by TestDocumentedCommands
			}
			if out, err := exec.Command("civic-etl", "validate", spec).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", doc, err, out)
			}
		}
	}
}
