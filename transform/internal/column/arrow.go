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
	chunk *Chunk
	open  atomic.Int64
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

// Allocate completes the interface; nobody resizes a lent buffer.
func (l *lease) Allocate(n int) []byte { return l.chunk.pool.mem.Allocate(n) }

// Reallocate copies, and leaves the lent memory to the chunk.
func (l *lease) Reallocate(n int, b []byte) []byte {
	grown := l.Allocate(n)
	copy(grown, b)
	return grown
}

// arrow lends the rows to Arrow under the lease.
func (c *Column) arrow(t arrow.DataType, l *lease) arrow.Array {
	if !c.list {
		data := c.Values.arrow(t, l)
		defer data.Release()
		return array.MakeFromData(data)
	}
	elements := c.Values.arrow(t.(*arrow.ListType).Elem(), l)
	defer elements.Release()
	valid, nulls := l.bitmap(c.null, &c.valid, c.rows)
	buffers := []*memory.Buffer{valid, l.lend(&c.ends)}
	data := array.NewData(t, c.rows, buffers, []arrow.ArrayData{elements}, nulls, 0)
	defer data.Release()
	release(buffers)
	return array.MakeFromData(data)
}

// arrow lends the values to Arrow under the lease.
func (v *Vector) arrow(t arrow.DataType, l *lease) *array.Data {
	valid, nulls := l.bitmap(v.null, &v.valid, v.n)
	buffers := []*memory.Buffer{valid}
	if v.width == wideText {
		buffers = append(buffers, l.lend(&v.offsets))
	}
	buffers = append(buffers, l.lend(&v.data))
	data := array.NewData(t, v.n, buffers, nil, nulls, 0)
	release(buffers)
	return data
}

// bitmap lends a validity bitmap if anything in it is null.
func (l *lease) bitmap(kept bool, valid *buffer, n int) (*memory.Buffer, int) {
	if !kept {
		return nil, 0
	}
	nulls := n - bitutil.CountSetBits(valid.b, 0, n)
	if nulls == 0 {
		return nil, 0
	}
	return l.lend(valid), nulls
}

func release(buffers []*memory.Buffer) {
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
}
