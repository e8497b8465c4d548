package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
)

// folder opens a folder of its own. What is said of it goes to the list.
func folder(t testing.TB) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func run(target string) Run {
	return Run{Target: target, Endpoint: "http://x/", Facts: map[string]string{"the spec": "1", "the schema": "2"}}
}

// journal opens a journal; what it says becomes an error of the test unless it
// is wanted.
func journal(t testing.TB, f *Folder, r Run, said ...*[]string) *Journal {
	t.Helper()
	j, err := f.Journal(r, func(text string, _ bool) {
		if len(said) == 0 {
			t.Errorf("it said %s", text)
			return
		}
		*said[0] = append(*said[0], text)
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func answer(i int) []byte {
	return fmt.Appendf(nil, `{"data":{"n":%d,"text":%q}}`, i, strings.Repeat("x", i))
}

func keep(j *Journal, n int) {
	for i := range n {
		j.Keep(fmt.Append(nil, "request ", i), answer(i))
	}
}

// served is how many of the answers keep kept come back; any that comes back
// other than it was is an error.
func served(t *testing.T, j *Journal, n int) int {
	t.Helper()
	count := 0
	for i := range n {
		got := j.Next(fmt.Append(nil, "request ", i))
		if got == nil {
			continue
		}
		if !bytes.Equal(got, answer(i)) {
			t.Errorf("request %d gave %q", i, got)
		}
		count++
	}
	return count
}

func only(t *testing.T, f *Folder) string {
	t.Helper()
	files := list(f.runs())
	if len(files) != 1 {
		t.Fatalf("%d journals, want one", len(files))
	}
	return filepath.Join(f.runs(), files[0].Name())
}

func TestJournalGoesOn(t *testing.T) {
	f := folder(t)
	j := journal(t, f, run("out"))
	if j.Left() != nil {
		t.Errorf("a first run found %+v", j.Left())
	}
	j.SetVersion("48 records")
	keep(j, 5)
	j.Keep([]byte("request 2"), []byte("the second time"))
	j.Close()

	j = journal(t, f, run("out"))
	left := j.Left()
	if left == nil || left.Answers != 6 || left.Version != "48 records" || len(left.Changed) > 0 || left.TooOld(time.Now()) {
		t.Errorf("left %+v", left)
	}
	if n := served(t, j, 9); n != 5 {
		t.Errorf("%d answers were served, want 5", n)
	}
	if got := string(j.Next([]byte("request 2"))); got != "the second time" {
		t.Errorf("asked a second time it gave %q", got)
	}
	if got := j.Next([]byte("request 2")); got != nil {
		t.Errorf("asked a third time it gave %q", got)
	}
	j.Keep([]byte("request 2"), []byte("the third time"))
	if got := j.Next([]byte("request 2")); got != nil {
		t.Errorf("a run was given its own answer %q", got)
	}
	if j.Kept() != 7 {
		t.Errorf("%d kept, want 7", j.Kept())
	}
	if j.Restart(); j.Kept() != 0 {
		t.Errorf("%d kept after a restart", j.Kept())
	}
	if keep(j, 2); j.Kept() != 0 {
		t.Errorf("%d kept of no version", j.Kept())
	}
	j.Drop()
	if n := len(list(f.runs())); n != 0 {
		t.Errorf("%d files are left of a run that is done", n)
	}
}

func TestJournalsAreByTargetAndEndpoint(t *testing.T) {
	f := folder(t)
	a := journal(t, f, run("a"))
	defer a.Close()
	keep(a, 3)
	other := run("a")
	other.Endpoint = "http://y/"
	for _, r := range []Run{run("b"), other} {
		j := journal(t, f, r)
		if j.Left() != nil || served(t, j, 3) != 0 {
			t.Errorf("%s of %s found another's answers", r.Target, r.Endpoint)
		}
		j.Close()
	}
	var busy *BusyError
	if _, err := f.Journal(run("a"), func(text string, _ bool) { t.Error(text) }); !errors.As(err, &busy) || !strings.Contains(err.Error(), "another run") {
		t.Errorf("a second run of one target: %v", err)
	}
	changed := run("b")
	changed.Facts = map[string]string{"the spec": "1", "the schema": "3", "the limit": "0"}
	j := journal(t, f, changed)
	defer j.Close()
	if left := j.Left(); left == nil || !slices.Equal(left.Changed, []string{"the limit", "the schema"}) {
		t.Errorf("changed %+v", left)
	}
	j.Restart()
	if served(t, j, 3) != 0 || j.Left() != nil {
		t.Error("answers outlived Restart")
	}
}

// TestJournalTorn cuts a journal at many lengths: what is whole is served, and
// what is kept afterwards is found by the next run.
func TestJournalTorn(t *testing.T) {
	f := folder(t)
	j := journal(t, f, run("out"))
	j.SetVersion("v")
	keep(j, 4)
	j.Close()
	path := only(t, f)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for size := len(whole) % 3; size < len(whole); size += 3 {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		j := journal(t, f, run("out"))
		before := 0
		if j.Left() != nil {
			before = j.Left().Answers
		}
		if n := served(t, j, 4); n != before || n < most {
			t.Errorf("cut at %d: %d answers served of %d, %d when it was shorter", size, n, before, most)
		}
		most = before
		j.Keep([]byte("after"), []byte("more"))
		j.Close()
		j = journal(t, f, run("out"))
		if served(t, j, 4) != before || string(j.Next([]byte("after"))) != "more" {
			t.Errorf("cut at %d: what was kept afterwards is lost", size)
		}
		j.Close()
	}
	if most != 3 {
		t.Errorf("%d answers of a journal that lacks its end, want 3", most)
	}
}

// TestJournalDamaged changes each byte of a journal: no answer comes back other
// than it was.
func TestJournalDamaged(t *testing.T) {
	f := folder(t)
	j := journal(t, f, run("out"))
	keep(j, 4)
	j.Close()
	path := only(t, f)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x20
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		j := journal(t, f, run("out"))
		if n := served(t, j, 4); n == 4 {
			t.Errorf("byte %d is damaged and all answers came", at)
		}
		j.Close()
	}
	// And under a run that has opened it already.
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	j = journal(t, f, run("out"))
	defer j.Close()
	damaged := bytes.Clone(whole)
	for i := len(magic); i < len(damaged); i++ {
		damaged[i] ^= 0xff
	}
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := served(t, j, 4); n != 0 {
		t.Errorf("%d answers came from under the damage", n)
	}
}

// broken is a file whose n-th change fails.
type broken struct {
	file
	left *int
}

func (b broken) fails() bool { *b.left--; return *b.left < 0 }

func (b broken) WriteAt(p []byte, at int64) (int, error) {
	if b.fails() {
		n, _ := b.file.WriteAt(p[:len(p)/2], at)
		return n, syscall.ENOSPC
	}
	return b.file.WriteAt(p, at)
}

func (b broken) Sync() error {
	if b.fails() {
		return syscall.EIO
	}
	return b.file.Sync()
}

func (b broken) Truncate(size int64) error {
	if b.fails() {
		return syscall.EIO
	}
	return b.file.Truncate(size)
}

// TestJournalDiskFull: whichever operation is the first to fail, it is said once,
// the run can go on, and the next run gets whole answers only.
func TestJournalDiskFull(t *testing.T) {
	for n := range 14 {
		f := folder(t)
		left := n
		f.wrap = func(under file) file { return broken{under, &left} }
		later := time.Now()
		f.now = func() time.Time { later = later.Add(syncEvery); return later } // each write is synced
		var said []string
		j := journal(t, f, run("out"), &said)
		j.SetVersion("v")
		keep(j, 6)
		j.Close()
		if failed := left < 0; failed != (len(said) == 1) && n < 13 || len(said) > 1 {
			t.Errorf("operation %d failed and it said %q", n, said)
		}
		f.wrap = nil
		j = journal(t, f, run("out"))
		if served(t, j, 6) > 6 {
			t.Error("impossible")
		}
		j.Close()
	}
}

func incompressible(size int) []byte {
	text := make([]byte, size)
	for i := range text {
		text[i] = byte(rand.Uint32())
	}
	return text
}

func TestJournalIsBounded(t *testing.T) {
	f := folder(t)
	f.runBytes = 3000
	var said []string
	j := journal(t, f, run("out"), &said)
	j.SetVersion("v")
	for i := range 100 {
		j.Keep(fmt.Append(nil, i), incompressible(500))
	}
	kept := j.Kept()
	j.Close()
	info, err := os.Stat(only(t, f))
	if err != nil || info.Size() > 3000 || kept < 3 || len(said) != 1 || !strings.Contains(said[0], "the limit of one run") {
		t.Errorf("%d answers in %d bytes, %v; it said %q", kept, info.Size(), err, said)
	}
}

// TestFolderIsBounded: the answers of runs that died longest ago go first, those
// of a run that lives never.
func TestFolderIsBounded(t *testing.T) {
	f := folder(t)
	f.allBytes, f.steps = 10_000, 1000
	fill := func(j *Journal, n int) {
		for i := range n {
			j.Keep(fmt.Append(nil, i), incompressible(900))
		}
	}
	alive := journal(t, f, run("alive"))
	defer alive.Close()
	fill(alive, 2)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(alive.path, old, old); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for i := range 6 {
		j := journal(t, f, run(fmt.Sprint("dead ", i)))
		fill(j, 1)
		j.Close()
		paths = append(paths, j.path)
		at := old.Add(time.Duration(i+1) * time.Minute)
		if err := os.Chtimes(j.path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	j := journal(t, f, run("new"), &said)
	defer j.Close()
	fill(j, 4)
	there := func(path string) bool { _, err := os.Stat(path); return err == nil }
	if len(said) > 0 || !there(alive.path) || there(paths[0]) || !there(paths[5]) {
		t.Errorf("it said %q; alive %t, oldest %t, newest %t", said, there(alive.path), there(paths[0]), there(paths[5]))
	}
	fill(j, 20)
	var sum int64
	for _, file := range list(f.runs()) {
		sum += file.Size()
	}
	if sum > f.allBytes || len(said) != 1 || !there(alive.path) {
		t.Errorf("%d bytes in all; it said %q", sum, said)
	}
}

func TestOpenSweeps(t *testing.T) {
	f := folder(t)
	old := time.Now().Add(-maxAge - time.Minute)
	var paths []string
	for _, target := range []string{"old", "new", "held"} {
		j := journal(t, f, run(target))
		paths = append(paths, j.path)
		if target == "held" {
			defer j.Close()
		} else {
			j.Close()
		}
		if target != "new" {
			if err := os.Chtimes(j.path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := Open(f.Path()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, true} {
		if _, err := os.Stat(paths[i]); (err == nil) != want {
			t.Errorf("%s: %v", paths[i], err)
		}
	}
	left := &Left{Started: old}
	if !left.TooOld(time.Now()) {
		t.Error("a day-old run is not too old")
	}
}

// TestFilesArePrivate: answers may be of what only the key's owner may see.
func TestFilesArePrivate(t *testing.T) {
	f := folder(t)
	j := journal(t, f, run("out"))
	defer j.Close()
	b, err := f.Budget("civicdb.org", true, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.Note(time.Now())
	err = filepath.Walk(f.Path(), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "state")); err == nil {
		t.Error("a folder below a file was opened")
	}
}

// FuzzJournal: no file makes a run fail, or gives an answer whose frame is not
// whole.
func FuzzJournal(f *testing.F) {
	text, err := json.Marshal(run("out"))
	if err != nil {
		f.Fatal(err)
	}
	whole := append([]byte(magic), frame(runFrame, request{}, text)...)
	whole = append(whole, frame(answerFrame, requestOf([]byte("q")), s2.Encode(nil, []byte("a")))...)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte(magic))
	f.Add(append([]byte(magic), make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		frames := 0
		end := scan(bytes.NewReader(data), int64(len(data)), func(p place, kind uint32, r request, text []byte) bool {
			frames++
			again := frame(kind, r, text)
			if !bytes.Equal(again, data[p.at:p.at+int64(p.size)]) {
				t.Errorf("frame at %d is not what was read of it", p.at)
			}
			return true
		})
		if end > int64(len(data)) || frames > 0 && end < int64(len(magic)) {
			t.Errorf("%d frames end at %d of %d", frames, end, len(data))
		}
		again := scan(bytes.NewReader(data[:end]), end, func(place, uint32, request, []byte) bool { frames--; return true })
		if again != end || frames != 0 {
			t.Errorf("what was whole reads otherwise a second time")
		}
	})
}

func BenchmarkKeep(b *testing.B) {
	j := journal(b, folder(b), run("out"))
	defer j.Drop()
	j.folder.runBytes = 1 << 40
	answer := bytes.Repeat([]byte(`{"id":12,"level":"A"}`), 5000)
	for b.Loop() {
		j.Keep([]byte("request"), answer)
	}
}
