package transform

import (
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// chunk is the memory of one record batch: filled by the decoder, lent to Arrow,
// and filled again once the batch is released.
type chunk struct{ columns []*column }

func (c *chunk) cut(rows int) {
	for _, col := range c.columns {
		col.cut(rows)
	}
}

func (c *chunk) free() {
	for _, col := range c.columns {
		col.free()
	}
}

func (c *chunk) size() (n int) {
	for _, col := range c.columns {
		n += col.size()
	}
	return n
}

func (c *chunk) held() (n int) {
	for _, col := range c.columns {
		n += col.held()
	}
	return n
}

// batch hands the shown columns of the chunk to Arrow. The chunk comes back to the pool when the last
// reference to the batch, or to any slice or array of it, is released.
func (c *chunk) batch(schema *arrow.Schema, shown []int, rows int, p *pool) arrow.RecordBatch {
	l := &lease{chunk: c, pool: p}
	l.open.Store(1)
	arrays := make([]arrow.Array, len(shown))
	for i, col := range shown {
		arrays[i] = c.columns[col].arrow(schema.Field(i).Type, l)
	}
	batch := array.NewRecordBatch(schema, arrays, int64(rows))
	for _, a := range arrays {
		a.Release()
	}
	l.Free(nil)
	return batch
}

// lease counts the Arrow buffers that still refer to a chunk. It is the allocator of
// those buffers, since that is whom Arrow tells when one is released.
type lease struct {
	chunk *chunk
	pool  *pool
	open  atomic.Int64
}

func (l *lease) lend(b *buffer) *memory.Buffer {
	l.open.Add(1)
	return memory.NewBufferWithAllocator(b.b, l)
}

// Free takes back one buffer, from whatever goroutine releases it.
func (l *lease) Free([]byte) {
	if l.open.Add(-1) == 0 {
		l.pool.put(l.chunk)
	}
}

// Allocate and Reallocate complete the interface; nobody resizes a lent buffer.
func (l *lease) Allocate(n int) []byte { return l.pool.mem.Allocate(n) }

// Reallocate copies, and leaves the lent memory to the chunk.
func (l *lease) Reallocate(n int, b []byte) []byte {
	grown := l.pool.mem.Allocate(n)
	copy(grown, b)
	return grown
}

// pool keeps the chunks of one table that are not in use. Chunks come back
// from any goroutine.
type pool struct {
	mem    memory.Allocator
	types  []schemas.Type
	mu     sync.Mutex
	idle   []*chunk
	closed bool
}

const (
	// maxIdle is how many chunks of a table wait to be filled again: one being
	// filled and a few on their way through the writers is all a run ever uses.
	maxIdle = 4
	// maxIdleBytes frees a chunk that an unusual page made large.
	maxIdleBytes = 64 << 20
)

func (p *pool) get() *chunk {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c
	}
	c := &chunk{columns: make([]*column, len(p.types))}
	for i, t := range p.types {
		c.columns[i] = newColumn(t, p.mem)
	}
	return c
}

func (p *pool) put(c *chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= maxIdle || c.held() > maxIdleBytes {
		c.free()
		return
	}
	c.cut(0)
	p.idle = append(p.idle, c)
}

// close frees the idle chunks; those still lent are freed when they come back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.free()
	}
	p.idle = nil
}
