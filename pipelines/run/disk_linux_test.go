package run

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/verify"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

const partedSpec = `
version: 1
name: parted
source: {retries: 0, patience: 0s}
extract: {from: variantGroups, page_size: 4}
tables:
  parted: {columns: {id: id, name: name, variants: variants.name, size: {path: variants.name, list: count}}, key: [id], partition_by: [size]}
  plain: {columns: {id: id, name: name}, key: [id]}
load: {to: out, formats: [parquet, tsv]}
`

// stricken is a machine with a published output, whose disk will fail a run.
type stricken struct {
	*testing.T
	url, root    string
	plan         *plan.Plan
	former, want string // the folder as it was; the data of a run that goes well
}

func newStricken(t *testing.T, url string) *stricken {
	t.Helper()
	root, err := os.MkdirTemp("/dev/shm", "civic-etl-test-") // thousands of files are created
	if err != nil {
		root = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	s := &stricken{T: t, url: url, root: root, plan: compiled(t, partedSpec)}
	s.plan.Target = filepath.Join(root, "data", "out")
	if err := s.run(nil); err != nil {
		t.Fatal(err)
	}
	s.want = sums(t, s.plan)
	s.before()
	return s
}

// before publishes what the run under test is to replace: the first records only.
func (s *stricken) before() {
	s.Helper()
	if err := os.RemoveAll(filepath.Dir(s.plan.Target)); err != nil {
		s.Fatal(err)
	}
	if err := s.run(func(r *Runner) { r.Limit = 3 }); err != nil {
		s.Fatal(err)
	}
	s.former = folderText(s.T, s.plan.Target)
}

func (s *stricken) run(set func(*Runner)) error {
	r := testRunner(s.url)
	r.Concurrency, r.PublishDir = 2, filepath.Join(s.root, "state", "publishing")
	if set != nil {
		set(r)
	}
	_, err := r.Run(s.Context(), []*plan.Plan{s.plan})
	return err
}

// folderText is every name and byte below a folder.
func folderText(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %x\n", path, sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// verdict says what became of the target: the former output to the byte, or the
// whole of a new one, with the error that belongs to it.
func (s *stricken) verdict(what string, err error, because ...string) {
	s.Helper()
	if errors.As(err, new(*checks.Error)) {
		s.Errorf("%s: taken for bad data: %v", what, err)
	}
	switch same := folderText(s.T, s.plan.Target) == s.former; {
	case err != nil && same:
		for _, want := range because {
			if !strings.Contains(err.Error(), want) {
				s.Errorf("%s: %q does not say %q", what, err, want)
			}
		}
	case same:
		s.Errorf("%s: success, and the former output is there", what)
	case err != nil && !strings.Contains(err.Error(), "is the new one, complete"):
		s.Errorf("%s: failed with %v, and the former output is gone", what, err)
	default:
		v, verr := verify.Folder(s.Context(), s.plan.Target)
		if verr != nil || !v.OK || sums(s.T, s.plan) != s.want {
			s.Errorf("%s (%v): the new output is not whole: %v %v", what, err, verr, v)
		}
	}
}

// litter looks for what readers' patterns would find beside the target, and for
// anything at all unless the disk would not let it be removed.
func (s *stricken) litter(what string, forgiven bool) {
	s.Helper()
	for _, dir := range []string{filepath.Dir(s.plan.Target), filepath.Join(s.root, "state")} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || path == dir:
				return nil
			case path == s.plan.Target:
				return fs.SkipDir
			case filepath.Base(path) == "publishing", forgiven && dir != filepath.Dir(s.plan.Target):
			case !forgiven, strings.HasSuffix(path, ".parquet"), strings.HasSuffix(path, ".tsv"):
				s.Errorf("%s left %s", what, path)
			}
			return nil
		})
	}
}

// operations counts those of a run, by kind. Parts of a run work side by side, so
// that there may be a few more reads in one than in another: it takes the fewest.
func (s *stricken) operations() map[string]int {
	s.Helper()
	var fewest map[string]int
	for range 3 {
		dry := watch(func(string, int, string) error { return nil })
		if err := s.run(func(r *Runner) { r.disk = dry }); err != nil {
			s.Fatal(err)
		}
		for op, n := range dry.count {
			dry.count[op] = min(n, cmp.Or(fewest[op], n))
		}
		fewest = dry.count
	}
	return fewest
}

// TestDiskFaults fails whole runs at each kind of operation, the first, one in
// the middle and the last of its kind.
func TestDiskFaults(t *testing.T) {
	s := newStricken(t, testkit.ServeDemo(t, demoapi.Options{}))
	usual := s.operations()
	s.before()
	const space, folder = "free some space", "publish to"
	type fault struct {
		err  error
		says []string
	}
	var (
		full     = fault{syscall.ENOSPC, []string{"no space left", space, "publish to another disk"}}
		broken   = fault{syscall.EIO, []string{"input/output error"}}
		readOnly = fault{syscall.EROFS, []string{"read-only", folder}}
		denied   = fault{syscall.EACCES, []string{"permission denied", folder}}
		quota    = fault{syscall.EDQUOT, []string{"quota", space}}
		crossed  = fault{syscall.EXDEV, []string{"cannot be moved within its file system"}}
	)
	cells := 0
	for op, faults := range map[string][]fault{
		"mkdir":    {full, readOnly, denied},
		"create":   {full, readOnly, {syscall.EMFILE, []string{"too many open files", "ulimit"}}},
		"write":    {full, broken, quota, {errShort, nil}},
		"sync":     {broken, full},
		"close":    {broken, quota},
		"open":     {broken, {syscall.ESTALE, []string{"stale"}}},
		"read":     {broken},
		"rename":   {full, broken},
		"place":    {crossed, broken},
		"exchange": {broken, crossed, {syscall.EBUSY, []string{"mount point"}}, {errors.ErrUnsupported, []string{"unsupported"}}},
		"syncdir":  {broken},
		"remove":   {broken, denied},
	} {
		total := usual[op]
		if total == 0 {
			t.Errorf("no %s in a run: this test tests nothing of it", op)
		}
		for _, nth := range []int{1, (total + 1) / 2, total} {
			for _, f := range faults {
				cells++
				what := fmt.Sprintf("%s %d of %d: %v", op, nth, total, f.err)
				hit := ""
				err := s.run(func(r *Runner) {
					r.disk = watch(func(o string, n int, path string) error {
						if o == op && n == nth && hit == "" {
							hit = path
							return f.err
						}
						return nil
					})
				})
				switch {
				case hit == "":
					t.Errorf("%s: never happened", what)
				case err == nil && op != "place" && op != "remove" && op != "syncdir": // these have another way
					t.Errorf("%s: %s, and the run went well", what, hit)
				}
				path := ""
				if f.err != errShort { // which the system never says
					path = s.root
				}
				s.verdict(what, err, append(f.says, path)...)
				s.litter(what, op == "remove")
				s.before()
			}
		}
	}
	t.Logf("%d runs failed", cells)
}

// TestDiskVanishes takes folders away under a run: its stage, what is in it, the
// target, the place where it waits to be published, the folder above all.
func TestDiskVanishes(t *testing.T) {
	s := newStricken(t, testkit.ServeDemo(t, demoapi.Options{}))
	parent, state := filepath.Dir(s.plan.Target), filepath.Join(s.root, "state")
	stages := func(do func(stage string) error) func() error {
		return func() (err error) {
			for _, in := range []string{parent, filepath.Join(state, "publishing")} {
				found, _ := filepath.Glob(filepath.Join(in, ".out.civic-etl-*"))
				for _, stage := range found {
					err = errors.Join(err, do(stage))
				}
			}
			return err
		}
	}
	gone := map[string]func() error{
		"the stage":        stages(os.RemoveAll),
		"the output in it": stages(func(stage string) error { return os.RemoveAll(filepath.Join(stage, "output")) }),
		"a file of it":     stages(func(stage string) error { return removeMatching(stage, "plain.parquet*") }),
		"the stage by another": stages(func(stage string) error {
			return errors.Join(os.RemoveAll(stage), os.MkdirAll(filepath.Join(stage, "output"), 0o777))
		}),
		"the target":          func() error { return os.RemoveAll(s.plan.Target) },
		"the state":           func() error { return os.RemoveAll(state) },
		"the target's parent": func() error { return os.RemoveAll(parent) },
	}
	for what, take := range gone {
		for _, when := range []struct {
			op  string
			nth int
		}{{"create", 1}, {"write", 3}, {"sync", 1}, {"open", 1}, {"sync", -1}, {"rename", 1}, {"place", 1}, {"exchange", 2}} {
			if when.op == "exchange" && (what == "a file of it" || what == "the stage by another") {
				continue // what is exchanged at that moment, whatever it is, is what is published
			}
			moment := fmt.Sprintf("%s goes before %s %d", what, when.op, when.nth)
			done := false
			err := s.run(func(r *Runner) {
				r.disk = watch(func(op string, n int, path string) error {
					last := when.nth < 0 && strings.Contains(path, manifest.SuccessName)
					if op == when.op && (n == when.nth || last) && !done {
						done = true
						return take()
					}
					return nil
				})
			})
			if !done {
				t.Errorf("%s: it never did", moment)
			}
			s.afterLoss(moment, what, err)
			s.before()
		}
	}
}

func removeMatching(dir, pattern string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if match, _ := filepath.Match(pattern, d.Name()); err == nil && match {
			return os.RemoveAll(path)
		}
		return err
	})
}

// afterLoss: whoever removes what is published has removed it. All else is as
// after any fault.
func (s *stricken) afterLoss(moment, what string, err error) {
	s.Helper()
	_, there := os.Stat(s.plan.Target)
	published := what == "the target" || what == "the target's parent"
	switch {
	case there == nil && folderText(s.T, s.plan.Target) == s.former && published:
		s.Errorf("%s: it is back", moment)
	case there == nil:
		s.verdict(moment, err, s.root)
	case !published:
		s.Errorf("%s: nothing is published any more: %v", moment, err)
	case err == nil:
		s.Errorf("%s: success, and nothing is there", moment)
	case !strings.Contains(err.Error(), s.root):
		s.Errorf("%s: %q names no path", moment, err)
	}
	if what != "the stage by another" { // that one is not ours to remove
		s.litter(moment, false)
	}
}

// TestSpoolFaults: the pages set aside cannot be written, or come back damaged.
func TestSpoolFaults(t *testing.T) {
	s := newStricken(t, testkit.ServeDemo(t, demoapi.Options{}))
	const first, middle, last = 0, 600, 1200
	for name, c := range map[string]struct {
		create error
		file   failingSpool
		says   []string
	}{
		"cannot be made":       {create: &os.PathError{Op: "open", Path: os.TempDir(), Err: syscall.EACCES}, says: []string{"permission denied", "set TMPDIR"}},
		"full at the first":    {file: failingSpool{left: first, onWrite: syscall.ENOSPC}, says: []string{"no space left", "set TMPDIR", os.TempDir()}},
		"full half-way":        {file: failingSpool{left: middle, onWrite: syscall.ENOSPC}, says: []string{"no space left", "set TMPDIR", os.TempDir()}},
		"full at the end":      {file: failingSpool{left: last, onWrite: syscall.ENOSPC}, says: []string{"no space left", "set TMPDIR", os.TempDir()}},
		"EIO":                  {file: failingSpool{onRead: syscall.EIO}, says: []string{"input/output error", os.TempDir()}},
		"cut off":              {file: failingSpool{onRead: io.ErrUnexpectedEOF}, says: []string{"unexpected EOF", os.TempDir()}},
		"a bit flips":          {file: failingSpool{flip: true}, says: []string{"checksum mismatch", os.TempDir()}},
		"a bit flips half-way": {file: failingSpool{left: middle, flip: true}, says: []string{"checksum mismatch", os.TempDir()}},
	} {
		err := s.run(func(r *Runner) {
			r.spooling = func() (spool.File, error) {
				if c.create != nil {
					return nil, c.create
				}
				file, err := spool.In(os.TempDir())()
				c.file.File = file
				return &c.file, err
			}
		})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		s.verdict(name, err, c.says...)
		alone(t, s.plan.Target)
	}
}

// TestCycleUndone lets every publication of a cycle fail, each in each way: both targets keep their former output, the
// others too. Where the disk does not let the run undo, the next run does, before it asks anything.
func TestCycleUndone(t *testing.T) {
	for _, op := range []string{"exchange", "place", "syncdir"} {
		for nth := 1; ; nth++ {
			dir := t.TempDir()
			back := fmt.Sprintf("references: {column: id, to: %s/a, key: disease_id}", dir)
			plans := specsAt(t, strings.ReplaceAll(firstSpec, "DIR", dir), strings.NewReplacer("DIR", dir, "MORE", back).Replace(secondSpec))
			answers := map[*plan.Plan]any{plans[0]: items(20, nil), plans[1]: someDiseases(7)}
			if _, err := over(t, plans, answers); err != nil {
				t.Fatal(err)
			}
			before := contents(t, dir)
			r, failed := testRunner("http://127.0.0.1:1/"), ""
			r.Replay = recorded(t, answers)
			r.disk = watch(func(o string, n int, path string) error {
				if o == op && n == nth {
					failed = path
					return syscall.EIO
				}
				return nil
			})
			_, err := r.Run(t.Context(), plans)
			if failed == "" {
				if nth < 3 && op != "place" {
					t.Errorf("%s: only %d operations", op, nth-1)
				}
				break
			}
			if err == nil {
				continue // a journal or former files stay
			}
			sameContents(t, before, contents(t, dir))
		}
	}
}
