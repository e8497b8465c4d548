package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/load/format"
)

const killSpec = `
version: 1
name: groups
extract: {from: variantGroups}
tables:
  groups: {columns: {id: id, name: name, size: {path: variants.name, list: count}}, key: [id], filter: "id >= ${FROM:-0}"}
  members: {rows: variants, columns: {id: id, variant: variants.id, name: variants.name, kind: variants.__typename}, partition_by: [id], filter: "id >= ${FROM:-0}"}
load: {to: out, formats: {parquet: {}, ndjson: {compression: gzip}, tsv: {}}}
`

// TestKillRuns kills the program at random moments, most of them about the time
// when it publishes. Readers look all the while, and see one whole run each
// time; what a kill leaves is out of readers' patterns and goes with the next
// run. CIVIC_ETL_KILLS says how often, CIVIC_ETL_SEED repeats one.
func TestKillRuns(t *testing.T) {
	for name, state := range map[string]string{"moved aside": "state", "beside the target": "data/file/state"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKilling(t, "civic-etl", state)
			k.aside = name == "moved aside"
			err := k.loop(number(t, "CIVIC_ETL_KILLS", defaultKills())/2 + 1)
			if err == nil {
				err = k.settled()
			}
			if err != nil {
				t.Errorf("seed %d, run %d: %v", k.seed, k.runs, err)
			}
			t.Logf("seed %d: %d killed, %d of them while publishing; %d ran through; %d reads", k.seed, k.killed, k.publishing, k.runs-k.killed, k.reads)
			if k.publishing < k.killed/20 {
				t.Errorf("only %d of %d kills came while it published", k.publishing, k.killed)
			}
		})
	}
}

// TestKillRunsControl: a program that publishes file by file is found out.
func TestKillRunsControl(t *testing.T) {
	k := newKilling(t, "civic-etl-in-place", "state")
	switch err := k.loop(200); {
	case err == nil:
		t.Errorf("seed %d: nothing is wrong with a program that works in place, over %d kills and %d reads", k.seed, k.killed, k.reads)
	case !strings.Contains(err.Error(), "of another run, or torn") && !errors.Is(err, fs.ErrNotExist):
		t.Errorf("seed %d: it was something else: %v", k.seed, err)
	default:
		t.Logf("run %d: %v", k.runs, err)
	}
}

// inPlace runs the program into another folder, and moves the files to where they
// belong one by one.
func inPlace() {
	args := os.Args
	at := len(args) - 1 // the last is the folder
	out := args[at]
	next := out + ".next"
	args[at] = next
	_ = os.RemoveAll(next) // of one that was killed
	if status := execute(args, os.Stdout, os.Stderr); status != 0 {
		os.Exit(status)
	}
	err := filepath.WalkDir(next, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := out + strings.TrimPrefix(path, next)
		time.Sleep(100 * time.Microsecond) // as a disk would take
		return errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.Rename(path, to))
	})
	if err = errors.Join(err, os.RemoveAll(next)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func defaultKills() int {
	if raceEnabled || testing.Short() {
		return 30
	}
	return 150
}

func number(t *testing.T, env string, otherwise int) int {
	t.Helper()
	text := os.Getenv(env)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", env, err)
	}
	return n
}

// killing is a folder to which runs publish that are killed.
type killing struct {
	program, dir, state, out string
	aside                    bool // nothing may ever be beside the target
	seed                     int
	random                   *rand.Rand
	usual                    time.Duration // that a run takes
	runs, killed, publishing int
	reads                    int
}

func newKilling(t *testing.T, program, state string) *killing {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "civic-etl-test-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	k := &killing{program: program, dir: dir, state: filepath.Join(dir, state), out: filepath.Join(dir, "data", "out")}
	k.seed = number(t, "CIVIC_ETL_SEED", rand.IntN(1<<30))
	k.random = rand.New(rand.NewPCG(uint64(k.seed), 1))
	err = errors.Join(os.Mkdir(filepath.Join(dir, "data"), 0o777), os.WriteFile(filepath.Join(dir, "data", "file"), nil, 0o666),
		os.WriteFile(filepath.Join(dir, "groups.yaml"), []byte(killSpec), 0o666))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the first finds nothing in the cache
		start := time.Now()
		if err := k.whole(); err != nil {
			t.Fatal(err)
		}
		k.usual = time.Since(start)
	}
	return k
}

// command is a run whose rows no other has.
func (k *killing) command() (*exec.Cmd, *strings.Builder) {
	k.runs++
	cmd := exec.Command(k.program, "run", "groups.yaml", "--demo", "-q", "--out", k.out)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(), "CIVIC_ETL_STATE="+k.state, fmt.Sprint("FROM=", k.runs%12), fmt.Sprint("TMPDIR=", k.dir))
	said := &strings.Builder{}
	cmd.Stderr = said
	return cmd, said
}

// whole runs without a kill.
func (k *killing) whole() error {
	cmd, said := k.command()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// loop kills so many runs, with readers beside it.
func (k *killing) loop(times int) error {
	ctx, stop := context.WithCancel(context.Background())
	seen := make(chan error, 1)
	go func() { seen <- k.read(ctx) }()
	var err error
	for k.killed < times && err == nil && len(seen) == 0 {
		if err = k.one(); err == nil && k.killed%20 == 19 {
			err = errors.Join(k.whole(), k.clean())
		}
	}
	stop()
	return errors.Join(err, <-seen)
}

// one starts a run and kills it: at a random moment, or a moment after it is seen
// to publish.
func (k *killing) one() error {
	cmd, said := k.command()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	publishing := false
	if k.random.IntN(3) == 0 {
		time.Sleep(time.Duration(k.random.Int64N(int64(k.usual + k.usual/10))))
	} else {
		for start := time.Now(); time.Since(start) < 10*k.usual && len(done) == 0 && !publishing; time.Sleep(50 * time.Microsecond) {
			publishing = k.isPublishing()
		}
		time.Sleep(time.Duration(k.random.Int64N(int64(4 * time.Millisecond))))
	}
	_ = cmd.Process.Kill()
	if err := <-done; err == nil {
		return nil // it was through
	} else if cmd.ProcessState.Exited() {
		return fmt.Errorf("the run gave up: %w: %s", err, said)
	}
	k.killed++
	if publishing {
		k.publishing++
	}
	return readByRoot(k.out)
}

// isPublishing says whether a stage has what is written last.
func (k *killing) isPublishing() bool {
	for _, pattern := range []string{
		filepath.Join(k.state, "publishing", ".*"),
		filepath.Join(k.dir, "data", ".out.civic-etl-*", "output", "_manifest.json*"),
		filepath.Join(k.out+".next", "_manifest.json"),
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return true
		}
	}
	return false
}

// settled: one more run, and nothing is left of those that were killed.
func (k *killing) settled() error {
	if err := errors.Join(k.whole(), k.clean()); err != nil {
		return err
	}
	text, err := exec.Command(k.program, "verify", k.out).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("verify: %w: %s", err, text)
	}
	return err
}

func (k *killing) clean() error {
	var left []string
	for _, pattern := range []string{filepath.Join(k.dir, "data", "*"), filepath.Join(k.dir, "data", ".*"), filepath.Join(k.state, "publishing", "*"), filepath.Join(k.state, "publishing", ".*")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, name := range found {
			if base := filepath.Base(name); base != "out" && base != "file" {
				left = append(left, name)
			}
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("after a whole run there still is %v", left)
	}
	return nil
}

// read reads what is published until ctx ends, as a program does that holds the
// folder, as one that goes by paths, and as one that looks for patterns.
func (k *killing) read(ctx context.Context) error {
	for ; ctx.Err() == nil; k.reads++ {
		err := errors.Join(readByRoot(k.out), readByPath(k.out))
		if k.aside {
			err = errors.Join(err, onlyIn(filepath.Dir(k.out), k.out))
		}
		if err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// readByRoot holds the folder, and begins again where it was replaced.
func readByRoot(dir string) error {
	for {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return err
		}
		held, err := root.Stat(".")
		if err == nil {
			err = readPublished(func(name string) ([]byte, error) { return root.ReadFile(name) })
		}
		now, gone := os.Stat(dir)
		root.Close()
		if err == nil || gone == nil && os.SameFile(held, now) {
			return err
		}
	}
}

// readByPath goes by paths, and holds what it read against the manifest if there
// was one publication all the time.
func readByPath(dir string) error {
	before, err := os.Stat(dir)
	if err != nil {
		return err
	}
	err = readPublished(func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) })
	after, gone := os.Stat(dir)
	if gone != nil {
		return gone
	}
	if os.SameFile(before, after) {
		return err
	}
	return nil
}

// onlyIn makes sure that a pattern over the parent finds files of the target only.
func onlyIn(parent, dir string) error {
	return filepath.WalkDir(parent, func(path string, d fs.DirEntry, err error) error {
		if path == dir {
			return fs.SkipDir
		}
		for _, ext := range format.Names() {
			if !strings.Contains(d.Name(), "."+ext) || strings.HasSuffix(d.Name(), ".part") {
				continue
			}
			if _, gone := os.Lstat(path); gone == nil { // listed in a folder that moved away just then
				return fmt.Errorf("a pattern over %s finds %s", parent, path)
			}
		}
		if err != nil && d.IsDir() && path != parent {
			return fs.SkipDir // it went away
		}
		return err
	})
}
