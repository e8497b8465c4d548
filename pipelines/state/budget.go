package state

import (
	"context"
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

// A budget file is an array of slots, all little endian: 8 bytes time (ns), 4 bytes id of the Budget
// that sent the request, 4 bytes number of the machine's start, 4 bytes zero, 4 bytes checksum. A slot with a wrong
// checksum is empty. The first slot has no id: its time is the end of a pause.
const (
	slotBytes    = 24
	ringSlots    = 4096 // requests that processes see of each other
	ringBytes    = (1 + ringSlots) * slotBytes
	maxPause     = 15 * time.Minute       // a longer pause comes from a wrong clock
	briefly      = 200 * time.Millisecond // a process holds the lock for a thousandth of that
	longWait     = 5 * time.Second        // for the lock, before the user hears of it
	longestNap   = 10 * time.Millisecond
	moveDistance = 100 * time.Millisecond // between two clocks' ideas of one moment
)

type slot struct {
	at   int64
	id   uint32
	boot uint32
}

// wallClock is the time where processes share no better clock.
func wallClock() (at int64, boot uint32) { return time.Now().UnixNano(), 1 }

// Budget records the requests that all processes of this machine send to one server, and until when the
// server wants none. Its methods may be called concurrently.
//
// Times are of a clock that all processes share. Requests from before the machine was started count as sent at its
// start. A time in the future was written before the wall clock was set back, and becomes the present time.
type Budget struct {
	path   string
	notice func(string)
	clock  func() (at int64, boot uint32)
	nap    func(time.Duration)

	mu       sync.Mutex
	file     *os.File
	id       uint32 // not zero
	notified bool   // of a file that fails
	waited   bool   // notified of a lock that is held
	bytes    []byte // of the file
	slots    [1 + ringSlots]slot
	others   []time.Time
	pending  []change  // that found the file locked
	local    time.Time // end of the pause, should the file fail
}

// moment is the present time, by the clock of this process and by the shared one.
type moment struct {
	now  time.Time
	at   int64
	boot uint32
}

// stamp gives a time of this process by the shared clock.
func (m moment) stamp(t time.Time) int64 { return m.at + int64(t.Sub(m.now)) }

// change changes the slots while no other process uses the file.
type change func(moment) error

// Budget opens the record of the requests to a server with an API key or without, which the server counts
// apart. It calls notice at most once for each reason to wait or not to share.
func (f *Folder) Budget(server string, keyed bool, notice func(string)) (*Budget, error) {
	path := filepath.Join(f.budgets(), name(".ring", "3", server, fmt.Sprint(keyed)))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &Budget{
		path: path, notice: notice, clock: f.clock, nap: f.nap,
		file: file, id: rand.Uint32() | 1, bytes: make([]byte, ringBytes),
	}, nil
}

// Take implements limit.Budget. It waits for the lock as long as ctx allows: a process that counted alone would exceed
// the limit together with the others.
func (b *Budget) Take(
	ctx context.Context, window time.Duration,
	decide func(now time.Time, others []time.Time, until time.Time) (start bool, pause time.Time),
) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	decided := false
	err := b.locked(ctx, func(m moment) error {
		decided = true
		start, pause := decide(m.now, b.within(m, window), b.until(m))
		return errors.Join(b.started(m, start), b.paused(m, pause))
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b.failed(err)
	if !decided {
		_, pause := decide(time.Now(), nil, b.local)
		b.keepLocal(pause)
	}
	return nil
}

func (b *Budget) started(m moment, start bool) error {
	if !start {
		return nil
	}
	return b.set(b.oldest(), m.at, b.id, m.boot)
}

func (b *Budget) paused(m moment, until time.Time) error {
	if until.IsZero() {
		return nil
	}
	b.keepLocal(until)
	return b.set(0, m.stamp(until), 0, m.boot)
}

func (b *Budget) keepLocal(until time.Time) {
	if !until.IsZero() {
		b.local = until
	}
}

// Note implements limit.Budget.
func (b *Budget) Note(at time.Time) {
	b.soon(func(m moment) error { return b.set(b.oldest(), m.stamp(at), b.id, m.boot) })
}

// Moved implements limit.Budget.
func (b *Budget) Moved(from, to time.Time) {
	b.soon(func(m moment) error {
		nearest, distance := 0, int64(moveDistance)
		for i, s := range b.slots[1:] {
			if d := max(s.at-m.stamp(from), m.stamp(from)-s.at); s.id == b.id && d < distance {
				nearest, distance = i+1, d
			}
		}
		if nearest == 0 {
			return nil
		}
		return b.set(nearest, m.stamp(to), b.id, m.boot)
	})
}

// Pause implements limit.Budget. It never shortens a pause.
func (b *Budget) Pause(until time.Time) {
	b.soon(func(m moment) error {
		if !until.After(b.until(m)) {
			return nil
		}
		return b.paused(m, until)
	})
}

// Resume implements limit.Budget.
func (b *Budget) Resume() {
	b.soon(func(m moment) error {
		b.local = time.Time{}
		return b.set(0, 0, 0, m.boot)
	})
}

// Close writes what is still to be written, and closes the file, which keeps its content.
func (b *Budget) Close() {
	if len(b.pending) > 0 {
		b.soon(func(moment) error { return nil })
	}
	_ = b.file.Close()
}

// soon makes a change now or, if another process holds the lock for long, before the next use of the file.
func (b *Budget) soon(c change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = append(b.pending, c)
	ctx, cancel := context.WithTimeout(context.Background(), briefly)
	defer cancel()
	if err := b.locked(ctx, func(moment) error { return nil }); err != nil && ctx.Err() == nil {
		b.failed(err)
		b.pending = nil
	}
}

// locked makes the pending changes and one more, while no other process uses the file.
func (b *Budget) locked(ctx context.Context, c change) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	defer filelock.Unlock(b.file)
	m := moment{now: time.Now()}
	m.at, m.boot = b.clock()
	if err := b.read(m); err != nil {
		return err
	}
	pending := b.pending
	b.pending = nil
	for _, p := range pending {
		if err := p(m); err != nil {
			return err
		}
	}
	return c(m)
}

// failed reports the first failure of the file.
func (b *Budget) failed(err error) {
	if err != nil && !b.notified {
		b.notified = true
		b.notice(fmt.Sprintf("the rate limit is not shared with other runs: %s: %v", b.path, err))
	}
}

// lock waits until no other process holds the lock. The naps are random, so that many processes get it in turn.
func (b *Budget) lock(ctx context.Context) error {
	for start, nap := time.Now(), 50*time.Microsecond; ; nap = min(2*nap, longestNap) {
		err := filelock.TryLock(b.file)
		if !errors.Is(err, filelock.ErrHeld) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if time.Since(start) > longWait && !b.waited {
			b.waited = true
			b.notice(fmt.Sprintf("waiting for another run of civic-etl that holds the lock of the rate limit, %s; "+
				"if that run is stopped, continue or end it", b.path))
		}
		b.nap(nap/2 + rand.N(nap))
	}
}

// read reads the slots and corrects times in the future.
func (b *Budget) read(m moment) error {
	n, err := b.file.ReadAt(b.bytes, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	clear(b.bytes[n:])
	latest := m.at + int64(time.Second)
	b.slots[0] = readSlot(b.bytes)
	for i := 1; i < len(b.slots); i++ {
		s := readSlot(b.bytes[i*slotBytes:])
		if s.boot != m.boot {
			s.at = 0 // at the machine's start at the latest
		}
		if b.slots[i] = s; s.at > latest {
			if err := b.set(i, m.at, s.id, s.boot); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Budget) oldest() int {
	oldest := 1
	for i, s := range b.slots[1:] {
		if s.id == 0 {
			return i + 1
		}
		if s.at < b.slots[oldest].at {
			oldest = i + 1
		}
	}
	return oldest
}

// within gives the times of the other processes' requests in a window. They carry a monotonic clock,
// which no change of the wall clock moves.
func (b *Budget) within(m moment, window time.Duration) []time.Time {
	b.others = b.others[:0]
	first := m.at - int64(window)
	for _, s := range b.slots[1:] {
		if s.id != 0 && s.at >= first && s.id != b.id {
			b.others = append(b.others, m.now.Add(min(time.Duration(s.at-m.at), 0)))
		}
	}
	return b.others
}

// until gives the end of the pause, perhaps a past one; the zero time if there is no pause.
func (b *Budget) until(m moment) time.Time {
	s := b.slots[0]
	left := time.Duration(s.at - m.at)
	if s.at == 0 || s.boot != m.boot || left > maxPause || left < -maxPause {
		return time.Time{}
	}
	return m.now.Add(left)
}

func (b *Budget) set(i int, at int64, id, boot uint32) error {
	s := b.bytes[i*slotBytes:][:slotBytes]
	b.slots[i] = slot{at, id, boot}
	binary.LittleEndian.PutUint64(s, uint64(at))
	binary.LittleEndian.PutUint32(s[8:], id)
	binary.LittleEndian.PutUint32(s[12:], boot)
	binary.LittleEndian.PutUint32(s[16:], 0)
	binary.LittleEndian.PutUint32(s[20:], checksum(s))
	_, err := b.file.WriteAt(s, int64(i*slotBytes))
	return err
}

func readSlot(s []byte) slot {
	if checksum(s) != binary.LittleEndian.Uint32(s[20:]) {
		return slot{}
	}
	return slot{
		int64(binary.LittleEndian.Uint64(s)), binary.LittleEndian.Uint32(s[8:]), binary.LittleEndian.Uint32(s[12:]),
	}
}

// checksum is of the first 16 bytes. Each request computes thousands: for so few bytes, general
// algorithms spend most of their time to begin.
func checksum(s []byte) uint32 {
	const odd = 0x9e3779b97f4a7c15
	h := (binary.LittleEndian.Uint64(s) + odd) * odd
	h = (h ^ h>>29 ^ binary.LittleEndian.Uint64(s[8:])) * odd
	return uint32(h >> 32)
}
