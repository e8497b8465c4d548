package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// Run says whose answers a journal keeps. Target and Endpoint find it; where any
// of Facts differs, they are another run's, and of no use.
type Run struct {
	Target   string            `json:"target"`
	Endpoint string            `json:"endpoint"`
	Started  time.Time         `json:"started"`
	Facts    map[string]string `json:"facts"` // by a name for people: spec, schema
}

// Left is what an earlier run left.
type Left struct {
	Answers int
	Started time.Time
	Version string   // of the API's data when that run began; "" if it never knew
	Changed []string // the facts that differ
	Removed bool     // they were older than a day, and are gone
}

// BusyError says that another process holds the journal.
type BusyError struct{ Target string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("another run of civic-etl works on %s; wait until it is done, or publish to another folder with --out", e.Target)
}

// Journal keeps the answers of one run, and gives those of the run before. It is
// locked until Close or Drop. Next and Keep may be called concurrently.
type Journal struct {
	folder *Folder
	path   string
	run    Run
	notice func(string)

	mu      sync.Mutex
	file    file
	left    *Left
	kept    int  // answers in the journal
	usable  bool // it says of which version they are
	earlier map[request][]place
	end     int64
	granted int64 // the folder has room up to there
	synced  time.Time
	dirty   bool // something was written since
	entered bool // the folder's entry is durable too
	closed  bool // nothing is kept any more
}

// Journal opens the journal of a run. Notice is told, once, if answers can no
// longer be kept.
func (f *Folder) Journal(run Run, notice func(string)) (*Journal, error) {
	path := filepath.Join(f.runs(), name(".journal", run.Target, run.Endpoint))
	held, err := hold(path, os.O_RDWR|os.O_CREATE)
	if errors.Is(err, filelock.ErrHeld) {
		return nil, &BusyError{run.Target}
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{folder: f, path: path, run: run, notice: notice, file: held, synced: f.now()}
	if f.wrap != nil {
		j.file = f.wrap(held)
	}
	info, err := held.Stat()
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	j.read(info.Size())
	if at, old := f.swept[path]; old && j.left == nil {
		j.left = &Left{Started: at, Removed: true}
	}
	return j, nil
}

// read finds the answers of an earlier run, and cuts off what is not whole.
func (j *Journal) read(size int64) {
	left := &Left{}
	j.earlier = map[request][]place{}
	first := true
	j.end = scan(j.file, size, func(p place, kind uint32, r request, text []byte) error {
		if first != (kind == runFrame) {
			return errDamaged
		}
		first = false
		switch kind {
		case runFrame:
			var earlier Run
			if err := json.Unmarshal(text, &earlier); err != nil {
				return err
			}
			left.Started, left.Changed = earlier.Started, differing(earlier.Facts, j.run.Facts)
		case versionFrame:
			left.Version = string(text)
		case answerFrame:
			left.Answers++
			j.earlier[r] = append(j.earlier[r], p)
		}
		return nil
	})
	if first {
		j.Restart()
		return
	}
	j.left, j.kept, j.usable, j.granted = left, left.Answers, left.Version != "", j.end
	if j.end < size && j.file.Truncate(j.end) != nil {
		j.Restart()
	}
}

func differing(a, b map[string]string) []string {
	var names []string
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	return names
}

// Left is what an earlier run left, nil if nothing.
func (j *Journal) Left() *Left { return j.left }

// TooOld says that so much may have changed meanwhile that asking anew is better.
func (l *Left) TooOld(now time.Time) bool {
	return now.Sub(l.Started) > longestAge || l.Started.After(now.Add(time.Hour))
}

// Restart drops what an earlier run left.
func (j *Journal) Restart() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.left, j.earlier, j.kept, j.usable, j.end, j.granted = nil, nil, 0, false, 0, 0
	if j.closed {
		return
	}
	j.run.Started = j.folder.now().UTC()
	text, err := json.Marshal(j.run)
	if err == nil {
		err = j.file.Truncate(0)
	}
	if err == nil {
		err = j.write(append([]byte(magic), frame(runFrame, request{}, text)...))
	}
	if err != nil {
		j.stop(err)
	}
}

// SetVersion takes note of the version of the API's data that the answers are of.
func (j *Journal) SetVersion(version string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.append(frame(versionFrame, request{}, []byte(version))) {
		j.usable = true
	}
}

// Kept is how many answers serve a run that goes on: none before the version of
// the data is known.
func (j *Journal) Kept() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.usable {
		return 0
	}
	return j.kept
}

// Close keeps the answers for the next run.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed && j.dirty {
		_ = j.sync() // the answers are kept all the same unless the power goes now
	}
	j.closed = true
	_ = j.file.Close()
}

// Drop removes the answers: the run is done.
func (j *Journal) Drop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	_ = os.Remove(j.path) // under the lock; what stays is swept a day later
	_ = j.file.Close()
}
