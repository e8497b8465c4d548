package publish

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/civic-etl/civic-etl/load/disk"
)

// settleTimeout bounds the wait for another run that settles the same publication.
const settleTimeout = 10 * time.Second

// lockSettled locks a target, and settles the publication of it that a crash interrupted.
func lockSettled(f disk.FS, t target, notice func(string)) (*os.File, error) {
	for start := time.Now(); ; {
		guard, err := lockTarget(t)
		if err != nil {
			return nil, err
		}
		err = settle(f, t, notice)
		if err == nil {
			return guard, nil
		}
		unlockTarget(guard) // also while waiting: the other run may need it
		if !errors.Is(err, ErrBusy) || time.Since(start) > settleTimeout {
			return nil, err
		}
		time.Sleep(10*time.Millisecond + rand.N(50*time.Millisecond))
	}
}

// settle completes or undoes an interrupted publication, all targets of it. The caller holds the lock of t.
func settle(f disk.FS, t target, notice func(string)) error {
	g, err := readGroup(f, t.beside("journal"))
	if err != nil || g == nil {
		return err
	}
	active, release, err := g.lockOthers(t)
	if err != nil {
		return err
	}
	defer release()
	left := &group{ID: g.ID, Members: active, journaled: true}
	done, err := left.settle(len(active) == len(g.Members))
	if err != nil {
		return fmt.Errorf("a run was interrupted while it published %s, and this cannot be completed or undone: correct "+
			"that and run again, or remove %s to leave them as they are: %w", g.targets(), t.beside("journal"), err)
	}
	if err := left.forget(); err != nil {
		return err
	}
	what := "undid"
	if done {
		what = "completed"
	}
	notice(fmt.Sprintf("%s the publication of %s, which a former run left unfinished", what, g.targets()))
	left.sweep(done)
	return nil
}

// lockOthers locks the other targets with a journal of this group, and returns all members that have one.
func (g *group) lockOthers(t target) (active []*member, release func(), err error) {
	var locks []*os.File
	release = func() {
		for _, lock := range locks {
			unlockTarget(lock)
		}
	}
	isActive := func(m *member) bool {
		other, err := readGroup(m.fs, m.journal())
		return err == nil && other != nil && other.ID == g.ID
	}
	for _, m := range g.Members {
		if !isActive(m) {
			continue
		}
		if m.Target != t.path {
			lock, err := lockTarget(newTarget(m.Target))
			if err != nil {
				release()
				return nil, nil, err
			}
			locks = append(locks, lock)
		}
		if isActive(m) {
			active = append(active, m)
		}
	}
	return active, release, nil
}

// settle decides between completing and undoing, and does it. Journals are written before the first step and removed
// after the last: if one is missing, either nothing was published, or all was.
func (g *group) settle(whole bool) (done bool, err error) {
	published, possible := true, whole
	for _, m := range g.Members {
		published = published && m.isPublished()
		possible = possible && (m.isPublished() || m.isStaged())
	}
	if published || possible {
		if _, err = g.publish(); err == nil {
			return true, nil
		}
	}
	return false, errors.Join(err, g.undo())
}

// sweep removes the stages of a settled group. A stage that the target's symlink leads to stays.
func (g *group) sweep(done bool) {
	for _, m := range g.Members {
		if !newTarget(m.Target).pointsInto(m.Stage) {
			_ = m.fs.RemoveAll(m.Stage) // one that stays is swept later
		}
		if done && m.Way == byLink {
			t := newTarget(m.Target)
			if t.isOutput(m.Link) {
				_ = m.fs.RemoveAll(filepath.Join(t.parent, filepath.Dir(m.Link)))
			}
		}
	}
}
