package column

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// lease counts the Arrow buffers that still refer to a chunk. It is the allocator
// of those buffers, because Arrow tells the allocator when a buffer is released.
type lease struct {
	memory.Allocator // completes the interface; nobody resizes a lent buffer
	chunk            *Chunk
	open             atomic.Int64
}

func (l *lease) lend(b *buffer) *memory.Buffer {
	l.open.Add(1)
	return memory.NewBufferWithAllocator(b.b, l)
}

// Free takes back one buffer. Any goroutine may call it.
func (l *lease) Free([]byte) {
	if l.open.Add(-1) == 0 {
		l.chunk.pool.take(l.chunk)
	}
}

// arrow lends the values to Arrow under the lease.
func (c *Column) arrow(t arrow.DataType, l *lease) *array.Data {
	buffers := []*memory.Buffer{c.bitmap(l)}
	var elements []arrow.ArrayData
	switch c.layout {
	case list:
		elements = []arrow.ArrayData{c.Elements.arrow(t.(*arrow.ListType).Elem(), l)}
		defer elements[0].Release()
		buffers = append(buffers, l.lend(&c.offsets))
	case text:
		buffers = append(buffers, l.lend(&c.offsets), l.lend(&c.data))
	default:
		buffers = append(buffers, l.lend(&c.data))
	}
	data := array.NewData(t, c.n, buffers, elements, len(c.nulls), 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return data
}

// bitmap lends the validity bitmap if any value is null. It is made here because decoding is faster without it.
func (c *Column) bitmap(l *lease) *memory.Buffer {
	if len(c.nulls) == 0 {
		return nil
	}
	c.valid.truncateBits(0)
	c.valid.reserve(int(bitutil.BytesForBits(int64(c.n))))
	c.valid.b = c.valid.b[:bitutil.BytesForBits(int64(c.n))]
	clear(c.valid.b)
	bitutil.SetBitsTo(c.valid.b, 0, int64(c.n), true)
	for _, i := range c.nulls {
		bitutil.ClearBit(c.valid.b, int(i))
	}
	return l.lend(&c.valid)
}
