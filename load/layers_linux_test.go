package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// inNamespace runs a step of this test binary in a mount namespace of its own. It skips the test if the kernel refuses
// the mounts: TestGroupKill and TestTargetIsMountPoint then test the logic alone.
func inNamespace(t *testing.T, step, dir string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "LOAD_TEST_MOUNT="+step+"\n"+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	text, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSPC),
		cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 77:
		t.Skipf("this kernel refuses to mount: %v: %s", err, text)
	case err != nil:
		t.Fatalf("%v: %s", err, text)
	}
	t.Logf("%s", text)
}

func init() { mountStep = mountAndPublish }

// mountAndPublish is the process of inNamespace.
func mountAndPublish(job string) {
	step, dir, _ := strings.Cut(job, "\n")
	err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	do := map[string]func(string) error{"overlay": publishOverLayer, "mount": publishOverMount}[step]
	if err == nil {
		err = do(dir)
	}
	switch {
	case errors.Is(err, errNoMount), errors.Is(err, unix.EPERM):
		fmt.Println(err)
		os.Exit(77)
	case err != nil:
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

var errNoMount = errors.New("mount")

// publishOverLayer publishes three times over what a lower layer holds: the first time in steps, then by exchange.
func publishOverLayer(dir string) error {
	merged := filepath.Join(dir, "merged")
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", dir)
	err := unix.Mount("overlay", merged, "overlay", 0, options)
	if err != nil || os.Getenv("LOAD_TEST_USERXATTR") != "" {
		err = unix.Mount("overlay", merged, "overlay", 0, options+",userxattr")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoMount, err)
	}
	target := filepath.Join(merged, "data", "out")
	for gen := 2; gen < 5; gen++ {
		var said []string
		if err := runSaying(target, gen, func(text string) { said = append(said, text) }); err != nil {
			return fmt.Errorf("generation %d: %w", gen, err)
		}
		if steps := strings.Contains(fmt.Sprint(said), "lower layer"); steps != (gen == 2) {
			return fmt.Errorf("generation %d: %q", gen, said)
		}
		m, err := manifest.Read(target)
		if err != nil || m.RunID != fmt.Sprint("run-", gen) {
			return fmt.Errorf("generation %d: %v, %w", gen, m, err)
		}
		if err := readPublication(target); err != nil {
			return err
		}
		entries, err := os.ReadDir(filepath.Dir(target))
		if err != nil || len(entries) != 1 {
			return fmt.Errorf("generation %d left %v, %w", gen, entries, err)
		}
	}
	return nil
}

// publishOverMount is refused before anything is made, if the target is a mount point of whatever kind.
func publishOverMount(dir string) error {
	target, other := filepath.Join(dir, "out"), filepath.Join(dir, "other")
	for _, mount := range []func() error{
		func() error { return unix.Mount(other, target, "", unix.MS_BIND, "") },
		func() error { return unix.Mount("tmpfs", target, "tmpfs", 0, "") },
	} {
		if err := mount(); err != nil {
			return fmt.Errorf("%w: %w", errNoMount, err)
		}
		err := runSaying(target, 1, func(string) {})
		if err == nil || !strings.Contains(err.Error(), "the folder is a mount point; publish to a folder below it") {
			return fmt.Errorf("a mount point: %v", err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
			return fmt.Errorf("left %v, %w", entries, err)
		}
		if err := runSaying(filepath.Join(target, "below"), 1, func(string) {}); err != nil {
			return fmt.Errorf("below a mount point: %w", err)
		}
	}
	return nil
}

func runSaying(target string, gen int, notice func(string)) (err error) {
	o := tsvOptions(target)
	o.Notice = notice
	out, err := Create(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Abort()) }()
	batch := nasty(o.Tables[0], 0, 50)
	defer batch.Release()
	if err := out.Write(context.Background(), 0, batch); err != nil {
		return err
	}
	if _, err := out.Close(context.Background()); err != nil {
		return err
	}
	return out.Publish(&manifest.Manifest{RunID: fmt.Sprint("run-", gen)})
}

// TestLowerLayer publishes over a former output in a lower layer of overlayfs, as in a container, with both kinds of
// attributes that overlayfs uses.
func TestLowerLayer(t *testing.T) {
	for _, attributes := range []string{"", "user"} {
		t.Run("attributes "+attributes, func(t *testing.T) {
			t.Setenv("LOAD_TEST_USERXATTR", attributes)
			dir := t.TempDir()
			for _, name := range []string{"upper", "work", "merged"} {
				if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if err := smallRun(filepath.Join(dir, "lower", "data", "out"), disk.OS{}, 1); err != nil {
				t.Fatal(err)
			}
			inNamespace(t, "overlay", dir)
			if err := readPublication(filepath.Join(dir, "lower", "data", "out")); err != nil {
				t.Errorf("the lower layer changed: %v", err)
			}
		})
	}
}

func TestMountPoint(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"out", "other"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	inNamespace(t, "mount", dir)
}

// TestTargetIsMountPoint: the same where the kernel does not tell of mounts, but refuses to rename one.
func TestTargetIsMountPoint(t *testing.T) {
	dir := filepath.Join(fastDir(t), "out")
	if err := smallRun(dir, disk.OS{}, 1); err != nil {
		t.Fatal(err)
	}
	if (disk.OS{}).Layered(dir) {
		t.Skip("the temporary folder is on a file system of layers, where EXDEV means another thing")
	}
	for cause, want := range map[error]string{
		syscall.EBUSY: "the folder is a mount point; publish to a folder below it",
		syscall.EXDEV: "publish to a folder that does not exist yet",
	} {
		err := smallRun(dir, &faultFS{FS: disk.OS{}, deny: map[string]error{"replace": cause}}, 2)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", cause, err)
		}
		checkLitter(t, dir, cause.Error(), false)
	}
	if m, err := manifest.Read(dir); err != nil || m.RunID != "run-1" {
		t.Error(m, err)
	}
}
