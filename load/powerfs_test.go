package load

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/civic-etl/civic-etl/load/disk"
)

// powerFS is the disk, with a model beside it of what a power cut would leave.
// What was written to a file counts only once the file is synced, and a change
// of names only once one of its folders is; until then each may have happened or
// not, on its own.
type powerFS struct {
	disk.OS
	root    string // where the model begins
	skip    func(synced string) bool
	observe func(op string) // before each operation

	mu      sync.Mutex
	top     *inode
	pending []change
}

// inode is a file, a folder or a symlink.
type inode struct {
	points        string
	data, synced  []byte
	folder        bool
	live, durable map[string]*inode
}

// change is one change of names, which happens as a whole or not at all.
type change struct {
	folders []*inode
	apply   func(entries func(*inode) map[string]*inode)
}

func newPowerFS(root string) *powerFS {
	return &powerFS{root: root, top: newFolder(), skip: func(string) bool { return false }, observe: func(string) {}}
}

func newFolder() *inode {
	return &inode{folder: true, live: map[string]*inode{}, durable: map[string]*inode{}}
}

func live(n *inode) map[string]*inode { return n.live }

// find gives the folder of a name and what it holds there.
func (f *powerFS) find(name string) (in *inode, base string, n *inode) {
	rel, err := filepath.Rel(f.root, name)
	if err != nil || strings.HasPrefix(rel, "..") {
		panic(name + " is outside the model")
	}
	n = f.top
	for p := range strings.SplitSeq(rel, "/") {
		if n == nil {
			panic("no folder for " + name)
		}
		if p != "." {
			in, base, n = n, p, n.live[p]
		}
	}
	return in, base, n
}

// do runs an operation on the disk and, if it succeeds, its changes of names on
// the model.
func (f *powerFS) do(op string, onDisk func() error, changes func() []change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.observe("before " + op)
	if err := onDisk(); err != nil {
		return err
	}
	for _, c := range changes() {
		c.apply(live)
		f.pending = append(f.pending, c)
	}
	return nil
}

func (f *powerFS) link(name string, n *inode) []change {
	in, base, _ := f.find(name)
	return []change{{[]*inode{in}, func(entries func(*inode) map[string]*inode) { entries(in)[base] = n }}}
}

func (f *powerFS) Create(name string) (file disk.File, err error) {
	n := &inode{}
	err = f.do("create "+name, func() (err error) { file, err = f.OS.Create(name); return err },
		func() []change { return f.link(name, n) })
	return &powerFile{file, f, n, name}, err
}

func (f *powerFS) Mkdir(name string) error {
	return f.do("mkdir "+name, func() error { return f.OS.Mkdir(name) }, func() []change { return f.link(name, newFolder()) })
}

func (f *powerFS) Symlink(points, name string) error {
	return f.do("symlink "+name, func() error { return f.OS.Symlink(points, name) },
		func() []change { return f.link(name, &inode{points: points}) })
}

func (f *powerFS) move(from, to string) []change {
	a, nameA, n := f.find(from)
	b, nameB, _ := f.find(to)
	return []change{{[]*inode{a, b}, func(entries func(*inode) map[string]*inode) {
		delete(entries(a), nameA)
		entries(b)[nameB] = n
	}}}
}

func (f *powerFS) Rename(from, to string) error {
	return f.do("rename "+from, func() error { return f.OS.Rename(from, to) }, func() []change { return f.move(from, to) })
}

func (f *powerFS) Replace(from, to string) error {
	return f.do("replace "+from, func() error { return f.OS.Replace(from, to) }, func() []change { return f.move(from, to) })
}

func (f *powerFS) Place(from, to string) error {
	return f.do("place "+from, func() error { return f.OS.Place(from, to) }, func() []change { return f.move(from, to) })
}

func (f *powerFS) Exchange(from, to string) error {
	return f.do("exchange "+from, func() error { return f.OS.Exchange(from, to) }, func() []change {
		a, nameA, n := f.find(from)
		b, nameB, m := f.find(to)
		return []change{{[]*inode{a, b}, func(entries func(*inode) map[string]*inode) {
			entries(a)[nameA], entries(b)[nameB] = m, n
		}}}
	})
}

// RemoveAll removes entry by entry: a power cut may leave any of them.
func (f *powerFS) RemoveAll(name string) error {
	return f.do("remove "+name, func() error { return f.OS.RemoveAll(name) }, func() []change {
		in, base, n := f.find(name)
		if n == nil {
			return nil
		}
		return unlink(in, base, n)
	})
}

func unlink(in *inode, base string, n *inode) (all []change) {
	for name, child := range n.live {
		all = append(all, unlink(n, name, child)...)
	}
	return append(all, change{[]*inode{in}, func(entries func(*inode) map[string]*inode) { delete(entries(in), base) }})
}

func (f *powerFS) SyncDir(name string) error {
	return f.do("sync "+name, func() error { return f.OS.SyncDir(name) }, func() []change {
		_, _, dir := f.find(name)
		if f.skip(name) {
			return nil
		}
		var rest []change
		for _, c := range f.pending {
			if slices.Contains(c.folders, dir) {
				c.apply(func(n *inode) map[string]*inode { return n.durable })
			} else {
				rest = append(rest, c)
			}
		}
		f.pending = rest
		return nil
	})
}

type powerFile struct {
	disk.File
	fs   *powerFS
	node *inode
	name string
}

func (f *powerFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.data = append(f.node.data, p...)
	return f.File.Write(p)
}

func (f *powerFile) Sync() error {
	return f.fs.do("sync "+f.name, f.File.Sync, func() []change {
		if !f.fs.skip(f.name) {
			f.node.synced = slices.Clone(f.node.data)
		}
		return nil
	})
}

// afterPowerCut describes what would be found at a name if the power went now;
// luck says of each pending change and of each unsynced file whether it made it.
func (f *powerFS) afterPowerCut(name string, luck func() bool) string {
	now := f.kept(luck)
	rel, _ := filepath.Rel(f.root, name)
	n, err := walk(f.top, rel, now)
	if err != nil {
		return "nothing"
	}
	var b strings.Builder
	describe(&b, ".", n, now, luck)
	return b.String()
}

// kept gives what the folders hold after a power cut.
func (f *powerFS) kept(luck func() bool) func(*inode) map[string]*inode {
	entries := map[*inode]map[string]*inode{}
	now := func(n *inode) map[string]*inode {
		if entries[n] == nil {
			entries[n] = maps.Clone(n.durable)
		}
		return entries[n]
	}
	for _, c := range f.pending {
		if luck() {
			c.apply(now)
		}
	}
	return now
}

func walk(n *inode, rel string, now func(*inode) map[string]*inode) (*inode, error) {
	at := n
	for p := range strings.SplitSeq(rel, "/") {
		parent := at
		if at = now(parent)[p]; at == nil {
			return nil, errors.New("not there")
		}
		if at.points != "" { // beside the link
			var err error
			if at, err = walk(parent, at.points, now); err != nil {
				return nil, err
			}
		}
	}
	return at, nil
}

func describe(b *strings.Builder, name string, n *inode, now func(*inode) map[string]*inode, luck func() bool) {
	if !n.folder {
		data := n.synced
		if luck() {
			data = n.data
		}
		fmt.Fprintf(b, "%s %x\n", name, sha256.Sum256(data))
		return
	}
	fmt.Fprintln(b, name)
	for _, base := range slices.Sorted(maps.Keys(now(n))) {
		describe(b, path.Join(name, base), now(n)[base], now, luck)
	}
}

// chances are the ways the luck of a power cut may go: all lost, all kept, and
// a few between.
func chances(random *rand.Rand) []func() bool {
	all := []func() bool{func() bool { return false }, func() bool { return true }}
	for range 6 {
		odds := random.Float64()
		all = append(all, func() bool { return random.Float64() < odds })
	}
	return all
}
