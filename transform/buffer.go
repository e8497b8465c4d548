package transform

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// buffer is a growing run of bytes in memory that belongs to an Arrow allocator.
// The slice's capacity is what the allocator gave.
type buffer struct {
	b   []byte
	mem memory.Allocator
}

// grow makes room for n more bytes.
func (b *buffer) grow(n int) {
	size := max(2*cap(b.b), len(b.b)+n, 64)
	used := len(b.b)
	var full []byte
	if cap(b.b) == 0 {
		full = b.mem.Allocate(size)
	} else {
		full = b.mem.Reallocate(size, b.b[:cap(b.b)])
	}
	b.b = full[:used:len(full)]
}

func (b *buffer) free() {
	if cap(b.b) > 0 {
		b.mem.Free(b.b[:cap(b.b)])
		b.b = nil
	}
}

func (b *buffer) put(p []byte) {
	n := len(b.b)
	if cap(b.b)-n < len(p) {
		b.grow(len(p))
	}
	b.b = b.b[:n+len(p)]
	copy(b.b[n:], p)
}

// putCompact appends a valid JSON value without its white space.
func (b *buffer) putCompact(raw []byte) {
	if cap(b.b)-len(b.b) < len(raw) {
		b.grow(len(raw))
	}
	b.b = jsonscan.AppendCompact(b.b, raw)
}

func (b *buffer) putByte(c byte) {
	n := len(b.b)
	if cap(b.b) == n {
		b.grow(1)
	}
	b.b = b.b[:n+1]
	b.b[n] = c
}

// reserve sees to it that n more bytes fit. It and the adding after it are small enough to be inlined.
func (b *buffer) reserve(n int) {
	if cap(b.b)-len(b.b) < n {
		b.grow(n)
	}
}

func (b *buffer) add32(v uint32) {
	n := len(b.b)
	b.b = b.b[:n+4]
	binary.NativeEndian.PutUint32(b.b[n:], v)
}

func (b *buffer) add64(v uint64) {
	n := len(b.b)
	b.b = b.b[:n+8]
	binary.NativeEndian.PutUint64(b.b[n:], v)
}

func (b *buffer) put32(v uint32) {
	b.reserve(4)
	b.add32(v)
}

func (b *buffer) put64(v uint64) {
	b.reserve(8)
	b.add64(v)
}

// putBit appends bit n of a bitmap that holds n bits; those behind it are zero.
func (b *buffer) putBit(n int, on bool) {
	if n&7 == 0 {
		b.putByte(0)
	}
	if on {
		b.b[n>>3] |= 1 << (n & 7)
	}
}

func (b *buffer) bit(n int) bool { return b.b[n>>3]>>(n&7)&1 != 0 }

// cutBits keeps the first n bits of a bitmap.
func (b *buffer) cutBits(n int) {
	b.b = b.b[:(n+7)>>3]
	if n&7 != 0 {
		b.b[n>>3] &= 1<<(n&7) - 1
	}
}

func (b *buffer) at32(i int) uint32 { return binary.NativeEndian.Uint32(b.b[4*i:]) }

func (b *buffer) at64(i int) uint64 { return binary.NativeEndian.Uint64(b.b[8*i:]) }

// most is how many bytes or elements one column of a batch can hold: Arrow's
// offsets are signed 32-bit numbers.
const most = math.MaxInt32
