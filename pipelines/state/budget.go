package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// A budget file is an array of slots, all little endian: 8 bytes time (ns), 4 bytes id of the Budget
// that sent the request, 4 bytes checksum. A slot with a wrong checksum is empty. The first slot has
// no id: its time is the end of a pause.
const (
	slotBytes   = 16
	ringSlots   = 4096 // requests that processes see of each other
	ringBytes   = (1 + ringSlots) * slotBytes
	maxPause    = 15 * time.Minute      // a longer pause comes from a wrong clock
	lockTimeout = 50 * time.Millisecond // a process holds the lock for a thousandth of that
)

type slot struct {
	at int64
	id uint32
}

// Budget records the requests that all processes of this machine send to one host, and until when the
// host wants none. Its methods may be called concurrently.
//
// Times are of the wall clock, the only one that processes share. A time in the future was written
// before the clock was set back, and becomes the present time.
type Budget struct {
	path   string
	notice func(string)

	mu       sync.Mutex
	file     *os.File
	id       uint32 // not zero
	notified bool
	bytes    []byte // of the file
	slots    [1 + ringSlots]slot
	oldest   int // of the slots of requests
	others   []time.Time
}

// Budget opens the record of the requests to a host with an API key or without, which the host counts
// apart. It calls notice at most once: when requests can no longer be shared.
func (f *Folder) Budget(host string, keyed bool, notice func(string)) (*Budget, error) {
	path := filepath.Join(f.budgets(), name(".ring", "2", host, fmt.Sprint(keyed)))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &Budget{path: path, notice: notice, file: file, id: rand.Uint32() | 1, bytes: make([]byte, ringBytes)}, nil
}

// Take implements limit.Budget.
func (b *Budget) Take(window time.Duration, decide func(now time.Time, others []time.Time, until time.Time) bool) {
	decided := false
	b.locked(func(now time.Time) error {
		decided = true
		if !decide(now, b.within(now, window), b.until(now)) {
			return nil
		}
		return b.set(b.oldest, now, b.id)
	})
	if !decided {
		decide(time.Now(), nil, time.Time{})
	}
}

// Note implements limit.Budget.
func (b *Budget) Note(at time.Time) {
	b.locked(func(time.Time) error { return b.set(b.oldest, at, b.id) })
}

// Moved implements limit.Budget.
func (b *Budget) Moved(from, to time.Time) {
	b.locked(func(time.Time) error {
		i := slices.Index(b.slots[:], slot{from.UnixNano(), b.id})
		if i < 0 {
			return nil
		}
		return b.set(i, to, b.id)
	})
}

// Pause implements limit.Budget. It never shortens a pause.
func (b *Budget) Pause(until time.Time) {
	b.locked(func(now time.Time) error {
		if !until.After(b.until(now)) {
			return nil
		}
		return b.set(0, until, 0)
	})
}

// Close closes the file, which keeps its content.
func (b *Budget) Close() { _ = b.file.Close() }

// locked calls do with the slots of the file while no other process uses it.
func (b *Budget) locked(do func(now time.Time) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.lock()
	if err == nil {
		now := time.Now()
		if err = b.read(now); err == nil {
			err = do(now)
		}
		filelock.Unlock(b.file)
	}
	if err != nil && !b.notified {
		b.notified = true
		b.notice(fmt.Sprintf("the rate limit is not shared with other runs: %s: %v", b.path, err))
	}
}

// lock waits briefly: a process that was stopped with the lock must not stop this one.
func (b *Budget) lock() error {
	for start, nap := time.Now(), 20*time.Microsecond; ; nap *= 2 {
		err := filelock.TryLock(b.file)
		if !errors.Is(err, filelock.ErrHeld) {
			return err
		}
		if time.Since(start) > lockTimeout {
			return errors.New("another process holds the lock")
		}
		time.Sleep(min(nap, time.Millisecond))
	}
}

// read reads the slots and corrects times in the future.
func (b *Budget) read(now time.Time) error {
	n, err := b.file.ReadAt(b.bytes, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	clear(b.bytes[n:])
	latest := now.Add(time.Second).UnixNano()
	b.slots[0], b.oldest = readSlot(b.bytes), 1
	for i := 1; i < len(b.slots); i++ {
		s := readSlot(b.bytes[i*slotBytes:])
		if b.slots[i] = s; s.at < b.slots[b.oldest].at {
			b.oldest = i
		}
		if s.at > latest {
			if err := b.set(i, now, s.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// within gives the times of the other processes' requests in a window. They carry a monotonic clock,
// which no change of the wall clock moves.
func (b *Budget) within(now time.Time, window time.Duration) []time.Time {
	b.others = b.others[:0]
	first := now.Add(-window).UnixNano()
	for _, s := range b.slots[1:] {
		if s.at >= first && s.id != b.id {
			b.others = append(b.others, now.Add(min(time.Duration(s.at-now.UnixNano()), 0)))
		}
	}
	return b.others
}

// until gives the end of the pause, the zero time if there is none.
func (b *Budget) until(now time.Time) time.Time {
	left := time.Duration(b.slots[0].at - now.UnixNano())
	if left <= 0 || left > maxPause {
		return time.Time{}
	}
	return now.Add(left)
}

func (b *Budget) set(i int, at time.Time, id uint32) error {
	s := b.bytes[i*slotBytes:][:slotBytes]
	b.slots[i] = slot{at.UnixNano(), id}
	binary.LittleEndian.PutUint64(s, uint64(at.UnixNano()))
	binary.LittleEndian.PutUint32(s[8:], id)
	binary.LittleEndian.PutUint32(s[12:], checksum(s))
	_, err := b.file.WriteAt(s, int64(i*slotBytes))
	return err
}

func readSlot(s []byte) slot {
	if checksum(s) != binary.LittleEndian.Uint32(s[12:]) {
		return slot{}
	}
	return slot{int64(binary.LittleEndian.Uint64(s)), binary.LittleEndian.Uint32(s[8:])}
}

// checksum is of the first 12 bytes. Each request computes thousands: for so few bytes, general
// algorithms spend most of their time to begin.
func checksum(s []byte) uint32 {
	const odd = 0x9e3779b97f4a7c15
	h := (binary.LittleEndian.Uint64(s) + odd) * odd
	h = (h ^ h>>29 ^ uint64(binary.LittleEndian.Uint32(s[8:]))) * odd
	return uint32(h >> 32)
}
