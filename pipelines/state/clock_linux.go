package state

import (
	"hash/fnv"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// sharedClock gives the time since the machine was started, which no change of the date moves and which all processes
// share, and a number for this start.
func sharedClock() (at int64, boot uint32) {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return wallClock()
	}
	return t.Nano(), bootNumber()
}

var bootNumber = sync.OnceValue(func() uint32 {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	h := fnv.New32a()
	_, _ = h.Write(id)
	return h.Sum32() | 2
})
