package load

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestEverythingIsDurableBeforeItIsVisible keeps book of what has not been
// synced: a power cut would forget it. Nothing of the kind may be in the stage
// when it becomes the target, nor anything about the target when Publish
// returns.
func TestEverythingIsDurableBeforeItIsVisible(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "er", "out")
	for gen := range 2 {
		f := &forgetful{t: t, dirty: map[string]bool{}}
		if err := smallRun(dir, f, gen); err != nil {
			t.Fatal(err)
		}
		if f.shown != 1 {
			t.Errorf("%d exchanges", f.shown)
		}
		for name := range f.dirty {
			if !strings.Contains(name, stageMark) {
				t.Errorf("published, and %s would not survive", name)
			}
		}
	}
}

// TestForgetfulControl: a publisher that skips a sync is found out.
func TestForgetfulControl(t *testing.T) {
	for _, skip := range []string{"file", "folder"} {
		f := &forgetful{dirty: map[string]bool{}, skip: skip}
		if err := smallRun(filepath.Join(t.TempDir(), "out"), f, 1); err != nil {
			t.Fatal(err)
		}
		if f.faults == 0 {
			t.Errorf("a %s that is not synced goes unnoticed", skip)
		}
	}
}

// forgetful knows what the disk may forget.
type forgetful struct {
	disk
	t      *testing.T // nil: count faults
	skip   string     // sync that does nothing
	mu     sync.Mutex
	dirty  map[string]bool
	shown  int
	faults int
}

func (f *forgetful) mark(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range names {
		f.dirty[n] = true
	}
}

func (f *forgetful) clean(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.dirty, name)
}

func (f *forgetful) Create(name string) (File, error) {
	f.mark(name, filepath.Dir(name))
	file, err := f.disk.Create(name)
	return &forgetfulFile{file, f, name}, err
}

func (f *forgetful) Mkdir(name string) error {
	f.mark(name, filepath.Dir(name))
	return f.disk.Mkdir(name)
}

func (f *forgetful) Rename(from, to string) error {
	f.mark(filepath.Dir(from), filepath.Dir(to))
	f.move(from, to)
	return f.disk.Rename(from, to)
}

func (f *forgetful) move(from, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.dirty {
		if rest, ok := strings.CutPrefix(name, from); ok && (rest == "" || rest[0] == '/') {
			delete(f.dirty, name)
			f.dirty[to+rest] = true
		}
	}
}

func (f *forgetful) RemoveAll(name string) error {
	f.mu.Lock()
	for n := range f.dirty {
		if n == name || strings.HasPrefix(n, name+"/") {
			delete(f.dirty, n)
		}
	}
	f.mu.Unlock()
	return f.disk.RemoveAll(name)
}

func (f *forgetful) SyncDir(name string) error {
	if f.skip != "folder" {
		f.clean(name)
	}
	return f.disk.SyncDir(name)
}

func (f *forgetful) Place(stage, target string) error {
	err := f.disk.Place(stage, target)
	if err == nil {
		f.show(stage, target)
	}
	return err
}

func (f *forgetful) Exchange(stage, target string) error {
	f.show(stage, target)
	return f.disk.Exchange(stage, target)
}

// show looks for what is not durable in a stage that becomes visible.
func (f *forgetful) show(stage, target string) {
	f.shown++
	f.mu.Lock()
	for name := range f.dirty {
		if name == stage || strings.HasPrefix(name, stage+"/") {
			f.faults++
			if f.t != nil {
				f.t.Errorf("visible, and %s would not survive a power cut", name)
			}
		}
	}
	f.mu.Unlock()
	f.move(stage, target)
	f.mark(filepath.Dir(target))
}

type forgetfulFile struct {
	File
	fs   *forgetful
	name string
}

func (f *forgetfulFile) Write(p []byte) (int, error) {
	f.fs.mark(f.name)
	return f.File.Write(p)
}

func (f *forgetfulFile) Sync() error {
	if f.fs.skip != "file" {
		f.fs.clean(f.name)
	}
	return f.File.Sync()
}
