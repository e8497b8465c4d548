package readers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the folder of the root module, seen from this package.
const root = "../.."

// binary is the civic-etl under test. CIVIC_ETL_BINARY names one that is built
// already; otherwise TestMain builds it.
var binary string

func TestMain(m *testing.M) {
	code, err := testMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		code = 1
	}
	os.Exit(code)
}

func testMain(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "civic-etl-readers-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	defer stopServers()
	shared = dir
	// Without it, these runs and the user's would wait for one another within one rate limit.
	if err := os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state")); err != nil {
		return 0, err
	}
	if binary = os.Getenv("CIVIC_ETL_BINARY"); binary == "" {
		binary = filepath.Join(dir, "civic-etl")
		if err := build(binary); err != nil {
			return 0, err
		}
	}
	return m.Run(), nil
}

// build makes the binary as the releases are made: without cgo.
func build(to string) error {
	cmd := exec.Command("go", "build", "-o", to, "./cmd/civic-etl")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build civic-etl: %w\n%s", err, out)
	}
	return nil
}

// absent skips a test that lacks something this machine could do without, and
// fails it in CI, which has to have everything.
func absent(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// sharedFile is a file of the project's shared folder, beside the repository.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "..", "shared", "civic", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		absent(t, "%s is not there: %v", path, err)
	}
	return path
}

// outcome is how one command ended.
type outcome struct {
	stdout, stderr string
	code           int
}

// civic runs the binary, whatever its exit status.
func civic(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = environment()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("civic-etl %s: %v", strings.Join(args, " "), err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// environment is this process's, less what would steer a run.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CIVIC_") {
			env = append(env, v)
		}
	}
	return env
}

// run publishes a spec into a new folder and gives that folder.
func run(t *testing.T, spec string, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	runInto(t, out, spec, flags...)
	return out
}

// runInto publishes a spec of the folder specs into out.
func runInto(t *testing.T, out, spec string, flags ...string) {
	t.Helper()
	runSpec(t, filepath.Join("specs", spec), out, flags...)
}

// runSpec publishes a spec into out.
func runSpec(t *testing.T, spec, out string, flags ...string) {
	t.Helper()
	args := append([]string{"run", spec, "--out", out, "--progress", "none"}, flags...)
	got := civic(t, args...)
	if got.code != 0 {
		t.Fatalf("civic-etl %s: exit status %d\n%s", strings.Join(args, " "), got.code, got.stderr)
	}
}
