package readers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var docBlock = regexp.MustCompile("(?ms)^```(sh|sql|python|yaml)\n(.*?)^```$")

// documented gives the blocks of one language in the README.
func documented(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range docBlock.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			blocks = append(blocks, m[2])
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("the README shows no %s", language)
	}
	return blocks
}

// TestDocumentedQueries loads what the README's specs publish as the README
// says to.
func TestDocumentedQueries(t *testing.T) {
	statements, snippets := documented(t, "sql"), documented(t, "python")
	specs := documented(t, "yaml")
	python, err := filepath.Abs(sparkPython(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("my-evidence.yaml", []byte(specs[0]), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := civic(t, "run", "evidence", "my-evidence.yaml", "--demo", "-q"); got.code != 0 {
		t.Fatalf("exit status %d\n%s", got.code, got.stderr)
	}
	db := duckDB(t)
	for _, block := range statements {
		for statement := range strings.SplitSeq(uncommented(block), ";") {
			if statement = strings.TrimSpace(statement); statement == "" {
				continue
			}
			if got := query(t, db, statement); len(got.columns) == 0 {
				t.Errorf("%s: no columns", statement)
			}
		}
	}
	for _, snippet := range snippets {
		script := "from pyspark.sql import SparkSession\nspark = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate()\n" + snippet
		if out, err := exec.CommandContext(t.Context(), python, "-c", script).CombinedOutput(); err != nil {
			t.Errorf("%s\n%v\n%s", snippet, err, out)
		}
	}
}

func uncommented(statement string) string {
	var lines []string
	for line := range strings.Lines(statement) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
