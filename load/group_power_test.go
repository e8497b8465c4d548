package load

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
)

// restore writes what a power cut would leave now into a folder. Journals name the folders of that disk.
func (f *powerFS) restore(dir string, luck func() bool) error {
	now := f.kept(luck)
	return restoreNode(f.top, dir, f.root, dir, now, luck)
}

func restoreNode(n *inode, path, from, to string, now func(*inode) map[string]*inode, luck func() bool) error {
	switch {
	case n.points != "":
		return os.Symlink(n.points, path)
	case !n.folder:
		data := n.synced
		if luck() {
			data = n.data
		}
		if strings.HasSuffix(path, "journal") {
			data = relocate(data, from, to)
		}
		return os.WriteFile(path, data, 0o666)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	for base, child := range now(n) {
		if err := restoreNode(child, filepath.Join(path, base), from, to, now, luck); err != nil {
			return err
		}
	}
	return nil
}

// relocate changes the paths in a whole journal.
func relocate(data []byte, from, to string) []byte {
	digits, text, whole := strings.Cut(string(data), "\n")
	moved := strings.ReplaceAll(text, from, to)
	if !whole { // the path of a journal, or a part of one
		return []byte(strings.ReplaceAll(digits, from, to))
	}
	if fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSuffix(text, "\n")))) == digits {
		digits = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSuffix(moved, "\n"))))
	}
	return []byte(digits + "\n" + moved)
}

// groupPower publishes two targets together on a disk that loses its power before every operation. It returns the first
// state that is wrong after the next run of one of the targets.
func groupPower(t *testing.T, way int, skip func(string) bool) (cuts, halves int, wrong error) {
	j := newGroupJob(t, 2)
	root := filepath.Dir(filepath.Dir(j.dirs[0]))
	f := newPowerFS(root)
	if groupWays[way].aside {
		if err := f.Mkdir(j.aside); err != nil {
			t.Fatal(err)
		}
	} else {
		j.aside = ""
	}
	j.fs = groupWays[way].fs(f)
	if skip != nil {
		f.skip = skip
	}
	allowed, random := j.alike("none"), rand.New(rand.NewPCG(1, 2))
	cut := func(when string) {
		for _, luck := range chances(random) {
			if cuts++; wrong != nil {
				return
			}
			dir := fastDir(t)
			left := groupJob{}
			for _, target := range j.dirs {
				left.dirs = append(left.dirs, dir+strings.TrimPrefix(target, root))
			}
			if err := f.restore(dir, luck); err != nil {
				t.Fatal(err)
			}
			if got, err := left.generations(); err != nil || !allowed[got] {
				halves++
			}
			out, err := Create(tsvOptionsOn(left.dirs[cuts%2], groupWays[way].fs(disk.OS{})))
			if err == nil {
				err = out.Abort()
			}
			got := ""
			if err == nil {
				got, err = left.generations()
			}
			if err != nil || !allowed[got] {
				wrong = fmt.Errorf("generation %d, the power goes %s: %s, %w", j.gen, when, got, err)
			}
			os.RemoveAll(dir)
		}
	}
	for gen := 1; gen < 3; gen++ {
		j.gen = gen
		f.observe = func(string) {}
		if gen == 2 || !groupWays[way].former {
			for run := range j.alike(fmt.Sprint("run-", gen)) {
				allowed[run] = true
			}
			f.observe = cut
		}
		if err := j.run(); err != nil {
			t.Fatal(err)
		}
		allowed = j.alike(fmt.Sprint("run-", gen))
	}
	f.observe = func(string) {}
	cut("after PublishAll")
	return cuts, halves, wrong
}

func tsvOptionsOn(dir string, f disk.FS) Options {
	o := tsvOptions(dir)
	o.FS = f
	return o
}

// TestGroupPowerCut cuts the power before each operation while two targets are published together. After the next run
// of one of them, both are the former ones or both are the new ones.
func TestGroupPowerCut(t *testing.T) {
	for at, way := range groupWays {
		if way.name == "lower layer" { // the model does not have layers
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			cuts, halves, err := groupPower(t, at, nil)
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d power cuts left %d halves", cuts, halves)
			if halves == 0 {
				t.Error("no power cut left a half: the test does not reach what it is for")
			}
		})
	}
}

// TestGroupPowerCutControl: a publisher that leaves out a sync is found out.
func TestGroupPowerCutControl(t *testing.T) {
	for what, skip := range map[string]func(string) bool{
		"of the journals": func(name string) bool { return strings.HasSuffix(name, "-journal") },
		"of the parents":  func(name string) bool { return strings.HasPrefix(filepath.Base(name), "data") },
	} {
		if _, _, err := groupPower(t, 1, skip); err == nil {
			t.Errorf("a missing sync %s goes unnoticed", what)
		}
	}
}
