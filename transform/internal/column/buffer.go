package column

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// buffer is a growing run of bytes in memory of an Arrow allocator. The capacity of b is what the allocator gave.
type buffer struct {
	b   []byte
	mem memory.Allocator
}

// maxLength is the largest number of bytes or elements in one column of a batch:
// Arrow's offsets are signed 32-bit numbers.
const maxLength = math.MaxInt32

// grow makes room for at least n more bytes.
func (b *buffer) grow(n int) {
	more := cap(b.b)
	if more > 4<<20 {
		more /= 8 // a long text made it large: most of a double would stay empty
	}
	size := max(cap(b.b)+more, len(b.b)+n, 64)
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

// reserve makes room for n more bytes. It is small enough to be inlined.
func (b *buffer) reserve(n int) {
	if cap(b.b)-len(b.b) < n {
		b.grow(n)
	}
}

func (b *buffer) append32(x uint32) {
	n := len(b.b)
	b.reserve(4)
	b.b = b.b[:n+4]
	binary.NativeEndian.PutUint32(b.b[n:], x)
}

func (b *buffer) append64(x uint64) {
	n := len(b.b)
	b.reserve(8)
	b.b = b.b[:n+8]
	binary.NativeEndian.PutUint64(b.b[n:], x)
}

func (b *buffer) appendBytes(p []byte) {
	b.reserve(len(p))
	b.b = append(b.b, p...)
}

// appendBit appends bit n to a bitmap of n bits. The bits after it are zero.
func (b *buffer) appendBit(n int, on bool) {
	if n&7 == 0 {
		b.reserve(1)
		b.b = append(b.b, 0)
	}
	if on {
		b.b[n>>3] |= 1 << (n & 7)
	}
}

// truncateBits keeps the first n bits of a bitmap.
func (b *buffer) truncateBits(n int) {
	b.b = b.b[:(n+7)>>3]
	if n&7 != 0 {
		b.b[n>>3] &= 1<<(n&7) - 1
	}
}

func (b *buffer) bit(n int) bool { return b.b[n>>3]>>(n&7)&1 != 0 }

func (b *buffer) at32(i int) uint32 { return binary.NativeEndian.Uint32(b.b[4*i:]) }

func (b *buffer) at64(i int) uint64 { return binary.NativeEndian.Uint64(b.b[8*i:]) }
