package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// A budget file is a head and a ring of slots, all little endian. A slot or head
// whose seal is wrong is as if it were not there.
//
//	head  8 bytes magic, 8 pause until (ns), 4 next slot, 4 seal of the last two
//	slot  8 bytes when a request was made (ns), 4 whose it is, 4 seal of these
const (
	ringMagic  = "civic-b1"
	ringHead   = 24
	ringSlot   = 16
	ringSlots  = 4096 // requests remembered; more in one window are counted by their own process only
	ringBytes  = ringHead + ringSlots*ringSlot
	longestGap = 15 * time.Minute      // no pause is longer: one that says so is of another clock
	patience   = 50 * time.Millisecond // for another process's lock: it takes a thousandth of that
)

// Budget remembers when requests to one host were made, by all processes of this
// machine, and until when the host wants none. Its methods may be called
// concurrently.
//
// Times are those of the wall clock, as processes have no other clock in common.
// One in the future was written before the clock was set back: it counts from
// now.
type Budget struct {
	path   string
	notice func(string)

	mu     sync.Mutex
	file   *os.File
	id     uint32 // of the requests made through this budget
	told   bool   // that others' requests cannot be seen
	bytes  []byte // the file
	others []time.Time
}

// Budget opens what is remembered of the requests to a host, with an API key or
// without: the host counts these apart. Notice is told, once, if they can no
// longer be remembered.
func (f *Folder) Budget(host string, keyed bool, notice func(string)) (*Budget, error) {
	path := filepath.Join(f.budgets(), name(".ring", host, fmt.Sprint(keyed)))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &Budget{path: path, notice: notice, file: file, id: rand.Uint32() | 1, bytes: make([]byte, ringBytes)}, nil
}

// Take calls decide with the time, the requests that others made in the window
// before it, in no order, and the time until which none may be made. If decide
// says so, a request made now is remembered. No other process decides meanwhile.
func (b *Budget) Take(window time.Duration, decide func(now time.Time, others []time.Time, until time.Time) bool) {
	decided := false
	b.locked(func() error {
		now := time.Now()
		if err := b.read(now); err != nil {
			return err
		}
		decided = true
		if !decide(now, b.within(now, window), b.until(now)) {
			return nil
		}
		return b.add(now)
	})
	if !decided {
		decide(time.Now(), nil, time.Time{})
	}
}

// Note remembers a request made at a time.
func (b *Budget) Note(at time.Time) {
	b.locked(func() error {
		if err := b.read(time.Now()); err != nil {
			return err
		}
		return b.add(at)
	})
}

// Moved says that a request taken at one time was made at another.
func (b *Budget) Moved(from, to time.Time) {
	b.locked(func() error {
		if err := b.read(time.Now()); err != nil {
			return err
		}
		for i := range ringSlots { // the newest first
			n := (b.next() + 2*ringSlots - 1 - i) % ringSlots
			if at, id, ok := b.slot(n); ok && id == b.id && at == from.UnixNano() {
				return b.setSlot(n, to, id)
			}
		}
		return nil
	})
}

// Pause lets nobody make a request before a time.
func (b *Budget) Pause(until time.Time) {
	b.locked(func() error {
		now := time.Now()
		if err := b.read(now); err != nil {
			return err
		}
		if !until.After(b.until(now)) {
			return nil
		}
		return b.setHead(until.UnixNano(), b.next())
	})
}

// Used says how many requests were made in the window before now, by all.
func (b *Budget) Used(window time.Duration) (requests int, until time.Time) {
	b.locked(func() error {
		now := time.Now()
		if err := b.read(now); err != nil {
			return err
		}
		id := b.id
		b.id = 0 // all are others'
		requests, until = len(b.within(now, window)), b.until(now)
		b.id = id
		return nil
	})
	return requests, until
}

// Close ends the use of the budget; what it remembers stays.
func (b *Budget) Close() { _ = b.file.Close() }

var errSlow = errors.New("another process holds it")

// locked does something while no other process reads or writes the file.
func (b *Budget) locked(do func() error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.lock()
	if err == nil {
		err = do()
		filelock.Unlock(b.file)
	}
	if err != nil && !b.told {
		b.told = true
		b.notice(fmt.Sprintf("requests of other runs cannot be seen, nor they ours: %s: %v", b.path, err))
	}
}

// lock waits a little for the lock: a process that was stopped while it held it
// must not stop us too.
func (b *Budget) lock() error {
	for start, nap := time.Now(), 20*time.Microsecond; ; nap *= 2 {
		err := filelock.TryLock(b.file)
		if !errors.Is(err, filelock.ErrHeld) {
			return err
		}
		if time.Since(start) > patience {
			return errSlow
		}
		time.Sleep(min(nap, time.Millisecond))
	}
}

// read reads the file, and sets right what a clock that was set back left in the
// future.
func (b *Budget) read(now time.Time) error {
	n, err := b.file.ReadAt(b.bytes, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	clear(b.bytes[n:])
	latest := now.Add(time.Second).UnixNano()
	for i := range ringSlots {
		if int64(binary.LittleEndian.Uint64(b.bytes[ringHead+i*ringSlot:])) <= latest {
			continue
		}
		if _, id, ok := b.slot(i); ok {
			if err := b.setSlot(i, now, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// within gives when others' requests of a window were made, as times that a
// clock which is set meanwhile does not move.
func (b *Budget) within(now time.Time, window time.Duration) []time.Time {
	b.others = b.others[:0]
	first := now.Add(-window).UnixNano()
	for i := range ringSlots {
		if int64(binary.LittleEndian.Uint64(b.bytes[ringHead+i*ringSlot:])) < first {
			continue
		}
		if at, id, ok := b.slot(i); ok && id != b.id {
			b.others = append(b.others, now.Add(min(time.Duration(at-now.UnixNano()), 0)))
		}
	}
	return b.others
}

// until is the end of the pause, the zero time if there is none.
func (b *Budget) until(now time.Time) time.Time {
	if !b.headOK() {
		return time.Time{}
	}
	left := time.Duration(int64(binary.LittleEndian.Uint64(b.bytes[8:])) - now.UnixNano())
	if left <= 0 || left > longestGap {
		return time.Time{}
	}
	return now.Add(left)
}

func (b *Budget) add(at time.Time) error {
	n := b.next()
	paused := int64(0)
	if b.headOK() {
		paused = int64(binary.LittleEndian.Uint64(b.bytes[8:]))
	}
	if err := b.setSlot(n, at, b.id); err != nil {
		return err
	}
	return b.setHead(paused, (n+1)%ringSlots)
}

func (b *Budget) headOK() bool {
	head := b.bytes[:ringHead]
	return bytes.HasPrefix(head, []byte(ringMagic)) && sealed(head[8:])
}

// next is the slot of the next request.
func (b *Budget) next() int {
	if !b.headOK() {
		return 0
	}
	return int(binary.LittleEndian.Uint32(b.bytes[16:]) % ringSlots)
}

func (b *Budget) setHead(until int64, next int) error {
	head := b.bytes[:ringHead]
	copy(head, ringMagic)
	binary.LittleEndian.PutUint64(head[8:], uint64(until))
	binary.LittleEndian.PutUint32(head[16:], uint32(next))
	binary.LittleEndian.PutUint32(head[20:], seal(head[8:]))
	_, err := b.file.WriteAt(head, 0)
	return err
}

func (b *Budget) slot(i int) (at int64, id uint32, ok bool) {
	s := b.bytes[ringHead+i*ringSlot:][:ringSlot]
	return int64(binary.LittleEndian.Uint64(s)), binary.LittleEndian.Uint32(s[8:]), sealed(s)
}

func (b *Budget) setSlot(i int, at time.Time, id uint32) error {
	s := b.bytes[ringHead+i*ringSlot:][:ringSlot]
	binary.LittleEndian.PutUint64(s, uint64(at.UnixNano()))
	binary.LittleEndian.PutUint32(s[8:], id)
	binary.LittleEndian.PutUint32(s[12:], seal(s))
	_, err := b.file.WriteAt(s, int64(ringHead+i*ringSlot))
	return err
}

// seal is a checksum of the first 12 bytes. It is made thousands of times for
// each request, over so little that a common one would take longest to begin.
func seal(s []byte) uint32 {
	const odd = 0x9e3779b97f4a7c15
	h := (binary.LittleEndian.Uint64(s) + odd) * odd
	h = (h ^ h>>29 ^ uint64(binary.LittleEndian.Uint32(s[8:]))) * odd
	return uint32(h >> 32)
}

func sealed(s []byte) bool { return seal(s) == binary.LittleEndian.Uint32(s[12:]) }
