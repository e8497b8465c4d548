package column

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Chunk is the memory of one record batch: it is filled, lent to Arrow, and filled again after the batch is released.
type Chunk struct {
	Columns []*Column
	pool    *Pool
}

// Truncate keeps the first rows of all columns.
func (c *Chunk) Truncate(rows int) {
	for _, col := range c.Columns {
		col.Truncate(rows)
	}
}

// Free returns the memory to the allocator.
func (c *Chunk) Free() {
	for _, col := range c.Columns {
		col.Free()
	}
}

// Size is the number of bytes of all values.
func (c *Chunk) Size() int {
	size, _ := c.size()
	return size
}

func (c *Chunk) size() (size, capacity int) {
	for _, col := range c.Columns {
		s, k := col.size()
		size, capacity = size+s, capacity+k
	}
	return size, capacity
}

// Batch lends the columns of the given indexes to Arrow. The chunk must not be used any more: it returns to its pool
// when the last reference to the batch, or to any slice or array of it, is released.
func (c *Chunk) Batch(schema *arrow.Schema, columns []int, rows int) arrow.RecordBatch {
	l := &lease{Allocator: c.pool.mem, chunk: c}
	l.open.Store(1)
	arrays := make([]arrow.Array, len(columns))
	for i, col := range columns {
		data := c.Columns[col].arrow(schema.Field(i).Type, l)
		arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	batch := array.NewRecordBatch(schema, arrays, int64(rows))
	for _, a := range arrays {
		a.Release()
	}
	l.Free(nil)
	return batch
}

// Pool keeps the chunks of one table that are not in use. Any goroutine may return one.
type Pool struct {
	mem    memory.Allocator
	types  []schemas.Type
	mu     sync.Mutex
	idle   []*Chunk
	closed bool
}

const (
	// maxIdle bounds the idle chunks of a table. A run uses one that is filled and a
	// few on their way through the writers.
	maxIdle = 4
	// maxIdleBytes frees a chunk that an unusual page made large.
	maxIdleBytes = 12 << 20
)

// NewPool makes a pool of chunks whose columns have the given types.
func NewPool(types []schemas.Type, mem memory.Allocator) *Pool {
	return &Pool{mem: mem, types: types}
}

// Chunk takes an empty chunk.
func (p *Pool) Chunk() *Chunk {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c
	}
	c := &Chunk{pool: p, Columns: make([]*Column, len(p.types))}
	for i, t := range p.types {
		c.Columns[i] = New(t, p.mem)
	}
	return c
}

// take takes a chunk back.
func (p *Pool) take(c *Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, capacity := c.size(); p.closed || len(p.idle) >= maxIdle || capacity > maxIdleBytes {
		c.Free()
		return
	}
	c.Truncate(0)
	p.idle = append(p.idle, c)
}

// Close frees the idle chunks. Chunks that are still lent are freed when they return.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.Free()
	}
	p.idle = nil
}
