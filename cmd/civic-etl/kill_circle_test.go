package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const circleSpec = `
version: 1
name: NAME
source: {retries: 0, patience: 1ms}
extract: {from: variantTypes}
columns: {id: id, run: {expr: '"${RUN}"', type: string}}
key: [id]
checks: [references: {column: id, to: out/OTHER, key: id}]
load: {to: out/NAME, formats: [ndjson]}
`

// TestKillCircle kills runs of two pipelines that refer to each other, most of them while they publish. The next run of
// one of them, with another folder for state and a server that does not answer, makes both of one run again.
// CIVIC_ETL_KILLS says how often, CIVIC_ETL_SEED repeats one.
func TestKillCircle(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "civic-etl-test-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, other := range map[string]string{"a": "b", "b": "a"} {
		text := strings.NewReplacer("NAME", name, "OTHER", other).Replace(circleSpec)
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c := &circle{dir: dir}
	start := time.Now()
	if err := c.command("first", "run", "a.yaml", "b.yaml", "--demo", "-q").Run(); err != nil {
		t.Fatal(err)
	}
	usual := time.Since(start)
	seed := number(t, "CIVIC_ETL_SEED", rand.IntN(1<<30))
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	killed, publishing, halves, completed := 0, 0, 0, 0
	for run := 0; killed < number(t, "CIVIC_ETL_KILLS", defaultKills()/5); run++ {
		cmd := c.command(fmt.Sprint(run), "run", "a.yaml", "b.yaml", "--demo", "-q")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		if random.IntN(4) == 0 {
			time.Sleep(time.Duration(random.Int64N(int64(usual))))
		} else {
			for len(done) == 0 && !c.isPublishing() {
				time.Sleep(20 * time.Microsecond)
			}
			time.Sleep(time.Duration(random.Int64N(int64(2 * time.Millisecond))))
		}
		_ = cmd.Process.Kill()
		if err := <-done; err == nil {
			continue
		} else if cmd.ProcessState.Exited() {
			t.Fatalf("seed %d, run %d: it gave up: %v: %s", seed, run, err, cmd.Stderr)
		}
		killed++
		if c.isPublishing() {
			publishing++
		}
		a, b, err := c.runs()
		if err != nil {
			t.Fatalf("seed %d, run %d: %v", seed, run, err)
		}
		if a != b {
			halves++
		}
		name := []string{"a.yaml", "b.yaml"}[random.IntN(2)]
		next := c.command("none", "run", name, "--endpoint", "http://127.0.0.1:1/", "-q")
		if err := next.Run(); err == nil || next.ProcessState.ExitCode() != 1 {
			t.Fatalf("seed %d, run %d: a run without a server: %v: %s", seed, run, err, next.Stderr)
		}
		if a, b, err = c.runs(); err != nil || a != b {
			t.Fatalf("seed %d, run %d: half is published: %s and %s, %v", seed, run, a, b, err)
		}
		if a == fmt.Sprint(run) {
			completed++
		}
	}
	t.Logf("seed %d: %d killed, %d of them while publishing, %d left halves, %d were completed", seed, killed, publishing, halves, completed)
	if publishing < killed/10 {
		t.Errorf("only %d of %d kills came while it published", publishing, killed)
	}
	if err := c.command("last", "run", "a.yaml", "b.yaml", "--demo", "-q").Run(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "out", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// circle is a folder with two pipelines.
type circle struct {
	dir      string
	commands int
}

// command is a run of the program with one of three folders for state.
func (c *circle) command(run string, args ...string) *exec.Cmd {
	c.commands++
	cmd := exec.Command("civic-etl", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("CIVIC_ETL_STATE=%s/state%d", c.dir, c.commands%3), "RUN="+run, "CIVIC_API_KEY=")
	cmd.Stderr = &strings.Builder{}
	return cmd
}

func (c *circle) isPublishing() bool {
	for _, name := range []string{"a", "b"} {
		if _, err := os.Lstat(filepath.Join(c.dir, "out", "."+name+".civic-etl-journal")); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// runs are the runs that published the two.
func (c *circle) runs() (a, b string, err error) {
	run := func(name string) (string, error) {
		text, err := os.ReadFile(filepath.Join(c.dir, "out", name, name+".ndjson"))
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(string(text), "\n")
		var row struct{ Run string }
		err = json.Unmarshal([]byte(line), &row)
		return row.Run, err
	}
	if a, err = run("a"); err == nil {
		b, err = run("b")
	}
	return a, b, err
}
