package readers

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the answers that docs/cookbook.md shows")

// TestCookbook asks DuckDB every question of the cookbook. The answer is that
// of the query in the folder cookbook, which reads the API's raw records and
// none of our tables, and it is the one that the page shows.
func TestCookbook(t *testing.T) {
	page := readCookbook(t)
	tables, raw := loaded(t, runAll(t)), rawRecords(t)
	for _, q := range page.questions {
		t.Run(q.name(), func(t *testing.T) {
			got := query(t, tables, placed(t, q.duckdb))
			if len(got.rows) == 0 {
				t.Fatal("the answer is empty, so nothing is tested")
			}
			same(t, "the query on raw records", query(t, raw, rawQuery(t, q)), got, true)
			answer := markdown(t, got)
			switch {
			case *update:
				page.set(q, answer)
			case strings.TrimSpace(q.answer) != strings.TrimSpace(answer):
				t.Errorf("the page shows\n%s\nthe query gives\n%s\ngo test -run Cookbook -update writes it", q.answer, answer)
			}
		})
	}
	if *update {
		page.write(t)
	}
}

// satisfied checks what the page's function found for BRAF V600E and KRAS G12D: profiles that require them, none that
// requires one of them to be absent, and none that is ambiguous.
const satisfied = `
names = {name for _, name in matches}
assert {"BRAF V600E", "KRAS G12D", "BRAF V600E AND ( NRAS Q61R OR KRAS G12D )"} <= names, names
assert not names & {"BRAF V600E AND NOT KRAS G12D", "EGFR L858R AND EGFR T790M"}, names
assert all("BRAF V600E" in name or "KRAS G12D" in name for name in names), names`

// cookbookCases are the questions for Spark, to be answered as DuckDB does.
func cookbookCases(t *testing.T) []sparkCase {
	t.Helper()
	page, tables := readCookbook(t), loaded(t, runAll(t))
	var cases []sparkCase
	for _, code := range blocks(page.text, "python") {
		if strings.Contains(code, "matches = ") {
			code += satisfied
		}
		cases = append(cases, sparkCase{Code: strings.ReplaceAll(code, "/path/to/civic", runAll(t))})
	}
	for _, q := range page.questions {
		cases = append(cases, sparkCase{Name: "cookbook." + q.name(), Query: placed(t, q.spark), want: query(t, tables, placed(t, q.duckdb))})
	}
	return cases
}

var cookbookRun struct {
	sync.Once
	dir string
	err error
}

// cookbookFolder is the folder where the page's commands were run.
func cookbookFolder(t *testing.T) string {
	t.Helper()
	cookbookRun.Do(func() {
		cookbookRun.dir = filepath.Join(shared, "cookbook")
		cookbookRun.err = runCommands(cookbookRun.dir, blocks(readCookbook(t).text, "sh"))
	})
	if cookbookRun.err != nil {
		t.Fatal(cookbookRun.err)
	}
	return cookbookRun.dir
}

// runCommands runs what a page says to type, with the binary under test.
func runCommands(dir string, scripts []string) error {
	program, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o777); err != nil {
		return err
	}
	if err := os.Symlink(program, filepath.Join(dir, "bin", "civic-etl")); err != nil {
		return err
	}
	for _, script := range scripts {
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = dir
		cmd.Env = append(environment(), "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", script, err, out)
		}
	}
	return nil
}

// placed is a query with the file that it reads by path where the page's
// commands wrote it.
func placed(t *testing.T, query string) string {
	return strings.ReplaceAll(query, "changes.ndjson", filepath.Join(cookbookFolder(t), "changes.ndjson"))
}
