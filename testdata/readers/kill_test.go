package readers

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestKill kills runs with SIGKILL at random moments while they replace an
// output. Whatever the moment, the output is the former one or the new one,
// whole; no pattern over the folder around it finds anything else; and the next
// run succeeds and clears away what was left.
func TestKill(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	endpoint := demoAPI(t, "--latency", "10ms", "--requests", "1000000")
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	// Without a wider limit, the runs together would wait minutes for the window.
	flags := []string{"--endpoint", endpoint, "--set", "source.rate_limit.requests=1000000"}
	even := append(slices.Clone(flags), "--set", "filter=id % 2 == 0")
	odd := append(slices.Clone(flags), "--set", "filter=id % 2 == 1")

	runInto(t, out, "evidence_parted.yaml", odd...)
	wantOdd := census(t, parent, out)
	start := time.Now()
	runInto(t, out, "evidence_parted.yaml", even...)
	whole := time.Since(start)
	wantEven := census(t, parent, out)
	if wantOdd == wantEven || wantOdd == 0 {
		t.Fatalf("%d odd and %d even rows: the two outputs cannot be told apart", wantOdd, wantEven)
	}

	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for range 12 {
		after := time.Duration(random.Int64N(int64(whole)))
		if runAndKill(t, after, out, "evidence_parted.yaml", odd...) {
			killed++
		}
		switch rows := census(t, parent, out); rows {
		case wantOdd:
			runInto(t, out, "evidence_parted.yaml", even...)
		case wantEven:
		default:
			t.Fatalf("killed after %v: %d rows, neither the former %d nor the new %d", after, rows, wantEven, wantOdd)
		}
	}
	if killed < 6 {
		t.Errorf("only %d of 12 runs were killed before they ended", killed)
	}
	runInto(t, out, "evidence_parted.yaml", odd...)
	if rows := census(t, parent, out); rows != wantOdd {
		t.Errorf("after the kills a run published %d rows, want %d", rows, wantOdd)
	}
	if left := files(t, state, ".parquet"); len(left) > 0 {
		t.Errorf("after a run that had its way there are %v", left)
	}
}

// runAndKill starts a run, kills it after a while and tells whether it was
// still running then.
func runAndKill(t *testing.T, after time.Duration, out, spec string, flags ...string) bool {
	t.Helper()
	args := append([]string{"run", filepath.Join("specs", spec), "--out", out, "--progress", "none"}, flags...)
	cmd := exec.Command(binary, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Env = environment()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("the run failed before it was killed: %v\n%s", err, &stderr)
	}
	return err != nil
}

// census counts the rows of the one table under out, and fails unless the
// folder is whole: every file as its manifest says, no other file, and every
// format with the same number of rows.
func census(t *testing.T, parent, out string) int64 {
	t.Helper()
	if _, err := os.Stat(filepath.Join(out, "_SUCCESS")); err != nil {
		t.Fatal(err)
	}
	m := readManifest(t, out)
	listed := map[string]bool{}
	for _, f := range m.Tables["evidence_parted"].Files {
		path := filepath.Join(out, filepath.FromSlash(f.Path))
		listed[path] = true
		if got := sum(t, path); got != f.SHA256 {
			t.Fatalf("%s: sha256 %s, the manifest says %s", path, got, f.SHA256)
		}
	}
	db := duckDB(t)
	for _, path := range files(t, parent, ".parquet") {
		if !listed[path] {
			t.Fatalf("%s is in reach of a pattern, and in no manifest", path)
		}
	}
	table := filepath.Join(out, "evidence_parted")
	inParquet := query(t, db, "SELECT count(*) AS n FROM "+fromParquet(table+".parquet", nil)).rows[0]
	inNDJSON := query(t, db, "SELECT count(*) AS n FROM "+
		fromNDJSON(table+".ndjson.gz", "ndjson.gz", []column{{"id", "BIGINT"}}, nil)).rows[0]
	if inParquet != inNDJSON {
		t.Fatalf("%s rows in Parquet, %s in NDJSON", inParquet, inNDJSON)
	}
	return m.Tables["evidence_parted"].Rows
}

// manifest is the part of _manifest.json that these tests lean on.
type manifest struct {
	Status string
	Tables map[string]struct {
		Rows    int64
		Columns []manifestColumn
		Key     []string
		Files   []struct{ Path, Format, SHA256 string }
	}
	Checks []struct{ Table, Check, Outcome string }
}

type manifestColumn struct {
	Name, Type string
	Nullable   bool
}

func readManifest(t *testing.T, out string) manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "_manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
