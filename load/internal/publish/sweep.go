package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/filelock"
)

// Sweep removes the stages that dead processes left behind: those of this
// target beside it, and all that had moved aside.
func (t target) Sweep(f disk.FS, aside string, notice func(string)) {
	t.sweepAll(f, t.parent, t.IsStage, notice)
	if aside != "" {
		t.sweepAll(f, aside, isAnyStage, notice)
	}
}

func (t target) sweepAll(f disk.FS, in string, isStage func(string) bool, notice func(string)) {
	entries, err := os.ReadDir(in)
	if err != nil {
		return // making the stage will say why
	}
	for _, e := range entries {
		if !isStage(e.Name()) || !e.IsDir() {
			continue
		}
		if err := t.sweepOne(f, filepath.Join(in, e.Name())); err != nil {
			notice(fmt.Sprintf("a former run's leavings stay in place: %v", err))
		}
	}
}

// sweepOne removes a stage unless its owner lives. What it holds may be the
// former generation of a publication that is not durable yet: first that.
func (t target) sweepOne(f disk.FS, dir string) error {
	held, err := Hold(dir)
	if errors.Is(err, filelock.ErrHeld) || errors.Is(err, fs.ErrNotExist) {
		return nil // alive, or gone meanwhile
	}
	if err != nil {
		return err
	}
	defer held.Close()
	// Under the lock: its owner can no longer be about to publish it.
	if t.pointsInto(dir) {
		return nil
	}
	if err := errors.Join(f.SyncDir(dir), f.SyncDir(filepath.Dir(dir))); err != nil {
		return err
	}
	return f.RemoveAll(dir)
}

// IsStage says whether a name in the target's parent is that of a stage of
// this target.
func (t target) IsStage(name string) bool {
	id, ok := strings.CutPrefix(name, "."+t.name+stageMark)
	return ok && isStageID(id)
}

// isAnyStage says whether a name is that of a stage of any target.
func isAnyStage(name string) bool {
	i := strings.LastIndex(name, stageMark)
	return i > 0 && name[0] == '.' && isStageID(name[i+len(stageMark):])
}

func isStageID(id string) bool {
	return len(id) == 16 && strings.Trim(id, "0123456789abcdef") == ""
}
