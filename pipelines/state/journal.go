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

// Run identifies a run. Target and Endpoint select its journal. If any of Facts differs, the answers
// belong to another run and are useless.
type Run struct {
	Target   string            `json:"target"`
	Endpoint string            `json:"endpoint"`
	Started  time.Time         `json:"started"`
	Facts    map[string]string `json:"facts"` // by a name for the user: spec, schema
}

// Left describes what an earlier run left.
type Left struct {
	Answers int
	Started time.Time
	Version string   // of the API's data when that run began; "" if unknown
	Changed []string // names of the facts that differ
	Removed bool     // the answers were older than a day, and are gone
}

// TooOld reports whether the answers are too old to be used.
func (l *Left) TooOld(now time.Time) bool {
	return now.Sub(l.Started) > maxAge || l.Started.After(now.Add(time.Hour))
}

// BusyError says that another process holds the journal.
type BusyError struct{ Target string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("another run of civic-etl works on %s; wait until it is done, or publish to another folder "+
		"with --out", e.Target)
}

// Journal stores the answers of one run, and gives those of the run before. It is locked until Close
// or Drop. Next and Keep may be called concurrently.
type Journal struct {
	folder *Folder
	path   string
	run    Run
	notice func(text string, stop bool)
	file   file

	mu      sync.Mutex
	left    *Left
	kept    int  // answers in the journal
	usable  bool // the journal says of which version they are
	earlier map[request][]place
	end     int64
	granted int64 // size up to which the folder has room
	synced  time.Time
	closed  bool // nothing more is stored
}

// Journal opens the journal of a run. It calls notice at most once: when answers can no longer be stored. With stop,
// the folder is required and the disk failed, so the run must stop.
func (f *Folder) Journal(run Run, notice func(text string, stop bool)) (*Journal, error) {
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

// read finds the answers of an earlier run, and cuts off what follows the last whole frame.
func (j *Journal) read(size int64) {
	var left *Left
	earlier := map[request][]place{}
	end := scan(j.file, size, func(p place, kind uint32, r request, content []byte) bool {
		if (left == nil) != (kind == runFrame) {
			return false
		}
		switch kind {
		case runFrame:
			var run Run
			if json.Unmarshal(content, &run) != nil {
				return false
			}
			left = &Left{Started: run.Started, Changed: differing(run.Facts, j.run.Facts)}
		case versionFrame:
			left.Version = string(content)
		case answerFrame:
			left.Answers++
			earlier[r] = append(earlier[r], p)
		}
		return true
	})
	if left == nil || end < size && j.file.Truncate(end) != nil {
		j.Restart()
		return
	}
	j.left, j.earlier, j.end, j.granted = left, earlier, end, end
	j.kept, j.usable = left.Answers, left.Version != ""
}

func differing(a, b map[string]string) []string {
	all := map[string]string{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return a[name] == b[name] })
}

// Left gives what an earlier run left, nil if nothing.
func (j *Journal) Left() *Left { return j.left }

// Restart removes what an earlier run left.
func (j *Journal) Restart() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.left, j.earlier, j.kept, j.usable, j.end, j.granted = nil, nil, 0, false, 0, 0
	if j.closed {
		return
	}
	j.run.Started = j.folder.now().UTC()
	text, _ := json.Marshal(j.run) // strings and a time
	err := j.file.Truncate(0)
	if err == nil {
		err = j.write(append([]byte(magic), frame(runFrame, request{}, text)...))
	}
	if err != nil {
		j.stop(err)
	}
}

// SetVersion records the version of the API's data when the run began.
func (j *Journal) SetVersion(version string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.append(frame(versionFrame, request{}, []byte(version))) {
		j.usable = true
	}
}

// Kept gives the number of answers that a resumed run can use: 0 before the version is known.
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
	if !j.closed {
		_ = j.sync() // without it, only a power failure loses answers
	}
	j.closed = true
	_ = j.file.Close()
}

// Drop removes the answers: the run is complete.
func (j *Journal) Drop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	_ = os.Remove(j.path) // before the lock is released; a file that stays is swept a day later
	_ = j.file.Close()
}
