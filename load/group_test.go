package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// groupJob publishes generation gen of several targets together.
type groupJob struct {
	dirs  []string
	aside string
	fs    disk.FS
	gen   int
}

func (j groupJob) run() (err error) {
	shape := &schemas.Table{Name: "plain", Columns: []schemas.Column{
		{Name: "gen", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "text", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
	var outputs []*Output
	var manifests []*manifest.Manifest
	defer func() {
		for _, out := range outputs {
			err = errors.Join(err, out.Abort())
		}
	}()
	for _, dir := range j.dirs {
		out, err := Create(Options{Target: dir, Staging: j.aside, FS: j.fs, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "tsv"}}})
		if err != nil {
			return err
		}
		outputs = append(outputs, out)
		manifests = append(manifests, &manifest.Manifest{RunID: fmt.Sprintf("run-%d", j.gen)})
		batch := generation(shape, j.gen)
		defer batch.Release()
		if err := out.Write(context.Background(), 0, batch); err != nil {
			return err
		}
		if _, err := out.Close(context.Background()); err != nil {
			return err
		}
	}
	_, err = PublishAll(outputs, manifests)
	return err
}

// generations are the generations of targets, "none" for a missing one. It fails if a target is not whole.
func (j groupJob) generations() (string, error) {
	var all []string
	for _, dir := range j.dirs {
		m, err := manifest.Read(dir)
		switch {
		case errors.Is(err, os.ErrNotExist) && !exists(dir):
			all = append(all, "none")
			continue
		case err != nil:
			return "", err
		}
		if err := readPublication(dir); err != nil {
			return "", err
		}
		all = append(all, m.RunID)
	}
	return strings.Join(all, " "), nil
}

// alike are the generations that targets may be at together.
func (j groupJob) alike(runs ...string) map[string]bool {
	all := map[string]bool{}
	for _, run := range runs {
		all[strings.TrimSpace(strings.Repeat(run+" ", len(j.dirs)))] = true
	}
	return all
}

// settle is the beginning of the next run of one target, which gives up at once.
func (j groupJob) settle(t *testing.T, dir, aside string, f disk.FS) {
	t.Helper()
	o := tsvOptions(dir)
	o.Staging, o.FS = aside, f
	out, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Abort(); err != nil {
		t.Fatal(err)
	}
}

// groupWays are the ways in which the targets of a group can become the new ones.
var groupWays = []struct {
	name   string
	aside  bool
	former bool // there is a former generation
	fs     func(disk.FS) disk.FS
}{
	{"first", false, false, func(f disk.FS) disk.FS { return f }},
	{"exchange", false, true, func(f disk.FS) disk.FS { return f }},
	{"moved aside", true, true, func(f disk.FS) disk.FS { return f }},
	{"symlinks", false, true, func(f disk.FS) disk.FS { return withoutExchange{f} }},
	{"first symlinks", false, false, func(f disk.FS) disk.FS { return withoutExchange{f} }},
	{"lower layer", false, true, func(f disk.FS) disk.FS { return lowerFS{f} }},
}

// lowerFS is overlayfs: the folders that are listed in ../../lower by their inodes belong to a lower layer. They cannot
// be renamed, only be emptied and replaced.
type lowerFS struct{ disk.FS }

func isLower(path string) bool {
	info, err := os.Lstat(path)
	list, _ := os.ReadFile(filepath.Join(path, "..", "..", "lower"))
	return err == nil && strings.Contains(string(list), fmt.Sprintln(info.Sys().(*syscall.Stat_t).Ino))
}

// putLower makes what is published to the targets a lower layer.
func (j groupJob) putLower(t *testing.T) {
	t.Helper()
	text := ""
	for _, dir := range j.dirs {
		info, err := os.Lstat(dir)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(info.Sys().(*syscall.Stat_t).Ino)
	}
	write(t, filepath.Join(j.dirs[0], "..", "..", "lower"), text)
}

func (f lowerFS) Layered(string) bool { return true }

func (f lowerFS) Replace(from, to string) error {
	if isLower(from) {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EXDEV}
	}
	return f.FS.Replace(from, to)
}

func (f lowerFS) Exchange(a, b string) error {
	if isLower(a) || isLower(b) {
		return &os.LinkError{Op: "exchange", Old: a, New: b, Err: syscall.EXDEV}
	}
	return f.FS.Exchange(a, b)
}

func newGroupJob(t *testing.T, n int) groupJob {
	root := fastDir(t)
	j := groupJob{fs: disk.OS{}, gen: 2, aside: filepath.Join(root, "state")}
	for i := range n {
		j.dirs = append(j.dirs, filepath.Join(root, fmt.Sprint("data", i%2), fmt.Sprint("out", i)))
	}
	return j
}

// TestGroupFaults lets the n-th operation fail, for every n, while three targets are published together. The run
// reports it and all targets are the former ones, or all are the new ones. Where the disk did not let it undo what it
// did, the next run of any target completes or undoes it.
func TestGroupFaults(t *testing.T) {
	for _, way := range groupWays {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, dead %v", way.name, dead), func(t *testing.T) {
				halves := 0
				for n := 1; ; n += step(4) {
					j := newGroupJob(t, 3)
					if !way.aside {
						j.aside = ""
					}
					before := "none"
					if way.former {
						j.gen, j.fs, before = 1, way.fs(disk.OS{}), "run-1"
						if err := j.run(); err != nil {
							t.Fatal(err)
						}
						j.putLower(t)
					}
					fault := &faultFS{FS: way.fs(disk.OS{}), n: n, err: syscall.EIO, dead: dead}
					j.gen, j.fs = 2, fault
					err := j.run()
					if fault.what == "" {
						if err != nil {
							t.Fatal(err)
						}
						t.Logf("%d operations, %d left halves to the next run", n-1, halves)
						break
					}
					got, broken := j.generations()
					allowed := j.alike(before, "run-2")
					if err == nil {
						allowed = j.alike("run-2")
					}
					if !allowed[got] && strings.Contains(fmt.Sprint(err), "the next run completes or undoes it") {
						halves++
						j.settle(t, j.dirs[n%3], "", way.fs(disk.OS{}))
						got, broken = j.generations()
					}
					if broken != nil || !allowed[got] {
						t.Fatalf("operation %d (%s) failed with %v and left %s, %v", n, fault.what, err, got, broken)
					}
					os.RemoveAll(filepath.Dir(filepath.Dir(j.dirs[0])))
				}
			})
		}
	}
}

// publishGroup is the process of TestGroupKill.
func publishGroup(dirs []string, aside string, gen, n int, way func(disk.FS) disk.FS) {
	f := way(&dyingFS{faultFS{FS: disk.OS{}, n: n, err: syscall.EIO}})
	if err := (groupJob{dirs: dirs, aside: aside, fs: f, gen: gen}).run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// killed publishes generation gen in another process, which is killed before the n-th operation. It is false if the
// process came to its end.
func (j groupJob) killed(t *testing.T, gen, n, way int) bool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	args := append([]string{strconv.Itoa(gen), strconv.Itoa(n), strconv.Itoa(way), j.aside}, j.dirs...)
	cmd.Env = append(os.Environ(), "LOAD_TEST_GROUP="+strings.Join(args, "\n"))
	text, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("generation %d, operation %d: %v: %s", gen, n, err, text)
	}
	return err != nil
}

// dyingFS counts the operations that change names, and kills the process before the n-th.
type dyingFS struct{ faultFS }

func (f *dyingFS) die(op string) {
	if f.next(op) != nil {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (f *dyingFS) Create(name string) (disk.File, error) {
	f.die("create")
	return f.FS.Create(name)
}

func (f *dyingFS) Open(name string) (disk.File, error) { return f.FS.Open(name) }

func (f *dyingFS) Mkdir(name string) error {
	f.die("mkdir")
	return f.FS.Mkdir(name)
}

func (f *dyingFS) Rename(from, to string) error {
	f.die("rename")
	return f.FS.Rename(from, to)
}

func (f *dyingFS) Replace(from, to string) error {
	f.die("replace")
	return f.FS.Replace(from, to)
}

func (f *dyingFS) Place(from, to string) error {
	f.die("place")
	return f.FS.Place(from, to)
}

func (f *dyingFS) Exchange(a, b string) error {
	f.die("exchange")
	return f.FS.Exchange(a, b)
}

func (f *dyingFS) Symlink(points, name string) error {
	f.die("symlink")
	return f.FS.Symlink(points, name)
}

func (f *dyingFS) RemoveAll(name string) error {
	f.die("remove")
	return f.FS.RemoveAll(name)
}

func (f *dyingFS) SyncDir(name string) error {
	f.die("syncdir")
	return f.FS.SyncDir(name)
}

// TestGroupKill kills a process before every operation while it publishes three targets together. The next run of any
// of them, with another folder for state, makes them alike, even if it is killed itself.
func TestGroupKill(t *testing.T) {
	for at, way := range groupWays {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			halves, outcomes := 0, map[string]int{}
			for n := 1; ; n += step(4) {
				j := newGroupJob(t, 3)
				if !way.aside {
					j.aside = ""
				}
				before := "none"
				if way.former {
					j.gen, j.fs, before = 1, way.fs(disk.OS{}), "run-1"
					if err := j.run(); err != nil {
						t.Fatal(err)
					}
					j.putLower(t)
				}
				if !j.killed(t, 2, n, at) {
					t.Logf("%d kills, %d left halves, outcomes %v", n-1, halves, outcomes)
					break
				}
				allowed := j.alike(before, "run-2")
				got, err := j.generations()
				if err != nil && way.name != "lower layer" {
					t.Fatalf("killed before operation %d: %v", n, err)
				}
				if !allowed[got] {
					halves++
				}
				if n%2 == 0 {
					j.killed(t, 3, 1+rand.IntN(n), at)
					allowed = j.alike(before, "run-2", "run-3")
				}
				j.settle(t, j.dirs[n%3], filepath.Join(filepath.Dir(j.dirs[0]), "other state"), way.fs(disk.OS{}))
				got, err = j.generations()
				if err != nil || !allowed[got] {
					t.Fatalf("killed before operation %d, then a run of target %d: %s, %v", n, n%3, got, err)
				}
				outcomes[strings.Fields(got)[0]]++
				// Runs of all targets remove everything that is left.
				j.gen, j.fs = 4, way.fs(disk.OS{})
				if err := j.run(); err != nil {
					t.Fatal(err)
				}
				if got, err := j.generations(); err != nil || !j.alike("run-4")[got] {
					t.Fatalf("killed before operation %d, then a run of all: %s, %v", n, got, err)
				}
				checkGroupLitter(t, j, n)
				os.RemoveAll(filepath.Dir(filepath.Dir(j.dirs[0])))
			}
			if !raceEnabled && (halves == 0 || len(outcomes) < 2) {
				t.Errorf("%d halves, outcomes %v: the test does not reach what it is for", halves, outcomes)
			}
		})
	}
}

// checkGroupLitter looks for what is left beside the targets: nothing but what their symlinks lead to.
func checkGroupLitter(t *testing.T, j groupJob, n int) {
	t.Helper()
	known := map[string]bool{"other state": true}
	for _, dir := range j.dirs {
		known[filepath.Base(dir)] = true
		if to, err := os.Readlink(dir); err == nil {
			known[filepath.Dir(to)] = true
		}
	}
	for _, dir := range []string{filepath.Dir(j.dirs[0]), filepath.Dir(j.dirs[1]), j.aside} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !known[e.Name()] {
				t.Errorf("killed before operation %d: %s left in %s", n, e.Name(), dir)
			}
		}
	}
}
