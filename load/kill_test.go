package load

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/manifest"
)

var kills = flag.Int("kills", 50, "how many publishers to kill in TestKill")

// mountStep is what a process does that was started for a test with mounts, on systems that have such tests.
var mountStep func(job string)

// TestMain lets the test binary stand in for a publisher that can be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LOAD_TEST_PUBLISH"); dir != "" {
		publishForever(dir, os.Getenv("LOAD_TEST_BROKEN") != "")
	}
	if job := os.Getenv("LOAD_TEST_MOUNT"); job != "" {
		mountStep(job)
	}
	if job := os.Getenv("LOAD_TEST_GROUP"); job != "" {
		var gen, n, way int
		args := strings.Split(job, "\n")
		if _, err := fmt.Sscan(strings.Join(args[:3], " "), &gen, &n, &way); err == nil {
			publishGroup(args[4:], args[3], gen, n, groupWays[way].fs)
		}
	}
	goleak.VerifyTestMain(m)
}

func publishForever(dir string, broken bool) {
	fmt.Println("ready")
	for gen := 1; ; gen++ {
		var f disk.FS = disk.OS{}
		if broken {
			f = inPlace{}
		}
		if err := smallRun(dir, f, gen); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// inPlace is a publisher that does what everybody does first: it empties the
// target and moves the files there one by one. The harness must notice.
type inPlace struct{ disk.OS }

func (f inPlace) Exchange(stage, target string) error {
	if filepath.Base(target) == publish.OutputName { // it is only being tried
		return f.OS.Exchange(stage, target)
	}
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	for _, e := range entries {
		to := filepath.Join(target, e.Name())
		if err := errors.Join(os.RemoveAll(to), os.Rename(filepath.Join(stage, e.Name()), to)); err != nil {
			return err
		}
	}
	return nil
}

// TestKill kills publishers at random times. A reader looks all the while and
// sees a whole publication each time; nothing stays behind that a next run does
// not remove.
func TestKill(t *testing.T) {
	if reads, err := killLoop(t, oneIn(3, *kills), false); err != nil {
		t.Errorf("after %d reads: %v", reads, err)
	} else {
		t.Logf("%d kills, %d reads, each of a whole publication", oneIn(3, *kills), reads)
	}
}

// TestKillNoticesBrokenPublishers is the control: with a publisher that works
// in place, the same harness finds torn publications.
func TestKillNoticesBrokenPublishers(t *testing.T) {
	if _, err := killLoop(t, 200, true); err == nil {
		t.Error("the harness saw nothing wrong with a publisher that is wrong")
	} else {
		t.Log(err)
	}
}

func killLoop(t *testing.T, kills int, broken bool) (reads int64, err error) {
	dir := filepath.Join(fastDir(t), "out")
	if err := smallRun(dir, disk.OS{}, 0); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	seen := make(chan error, 1)
	go func() {
		for !stop.Load() {
			if err := readPublication(dir); err != nil {
				seen <- err
				return
			}
			reads++
		}
		seen <- nil
	}()
	for range kills {
		if err == nil {
			err = killOne(dir, broken)
		}
	}
	stop.Store(true)
	err = errors.Join(err, <-seen)
	return reads, err
}

// killOne starts a publisher, kills it within a tenth of a second, and looks at
// what is left.
func killOne(dir string, broken bool) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "LOAD_TEST_PUBLISH="+dir)
	if broken {
		cmd.Env = append(cmd.Env, "LOAD_TEST_BROKEN=1")
	}
	var said strings.Builder
	cmd.Stderr = &said
	ready, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	_, _ = ready.Read(make([]byte, 1)) // a busy machine takes its time to get there
	time.Sleep(time.Duration(rand.Int64N(int64(100 * time.Millisecond))))
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		return fmt.Errorf("the publisher gave up: %w: %s", err, said.String())
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) && !isStage(dir, e.Name()) {
			return fmt.Errorf("a kill left %s", e.Name())
		}
	}
	return readPublication(dir)
}

// readPublication reads what is published and compares it with its manifest.
// It holds the folder open, so that it sees one generation; when that one is
// removed meanwhile, it begins again.
func readPublication(dir string) error {
	for {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return err
		}
		err = readGeneration(root, dir)
		gone := !stillThere(root, dir)
		root.Close()
		if err == nil || !gone {
			return err
		}
	}
}

func stillThere(root *os.Root, dir string) bool {
	held, err1 := root.Stat(".")
	named, err2 := os.Stat(dir)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

func readGeneration(root *os.Root, dir string) error {
	data, err := fs.ReadFile(root.FS(), manifest.Name)
	if err != nil {
		return err
	}
	m, err := manifest.Parse(data)
	if err != nil {
		return err
	}
	files := 0
	for name, table := range m.Tables {
		for _, f := range table.Files {
			files++
			if err := compareFile(root, f); err != nil {
				return fmt.Errorf("%s, table %s: %w", m.RunID, name, err)
			}
		}
	}
	if _, err := root.Stat(manifest.SuccessName); err != nil {
		return err
	}
	if files == 0 {
		return fmt.Errorf("%s: no files in %s", m.RunID, dir)
	}
	return nil
}

func compareFile(root *os.Root, f manifest.File) error {
	file, err := root.Open(f.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, file)
	if err == nil && (n != f.Bytes || hex.EncodeToString(h.Sum(nil)) != f.SHA256) {
		err = fmt.Errorf("%s is of another run, or torn", f.Path)
	}
	return err
}

// TestTwoPublishers lets publishers of one target race for its lock. Each publication is
// whole, and nothing stays behind.
func TestTwoPublishers(t *testing.T) {
	dir := filepath.Join(fastDir(t), "out")
	done := make(chan error)
	for p := range 3 {
		go func() {
			for i := range 15 {
				err := publish.ErrBusy
				for ; errors.Is(err, publish.ErrBusy); time.Sleep(time.Millisecond) {
					err = smallRun(dir, disk.OS{}, 100*p+i)
				}
				if err != nil {
					done <- fmt.Errorf("publisher %d, run %d: %w", p, i, err)
					return
				}
			}
			done <- nil
		}()
	}
	for left := 3; left > 0; {
		select {
		case err := <-done:
			left--
			if err != nil {
				t.Error(err)
			}
		default:
			if _, err := os.Stat(dir); err == nil {
				if err := readPublication(dir); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	checkLitter(t, dir, "the race", false)
}
