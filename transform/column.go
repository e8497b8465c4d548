package transform

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// column is the rows of one output column: values, and for lists where each
// row's elements end. Cutting it to a number of rows undoes what came after, so a
// row count is all the mark a rollback needs.
type column struct {
	kind   schemas.Kind
	values vector
	list   bool
	null   bool // a list: rows may be null
	rows   int  // of a list; otherwise values counts
	valid  buffer
	ends   buffer
}

func newColumn(t schemas.Type, mem memory.Allocator) *column {
	c := &column{kind: t.Kind, list: t.List, null: t.List && t.Nullable}
	c.values = newVector(t.Kind, t.Nullable && !t.List || t.List && t.ElementNullable, mem)
	c.valid.mem, c.ends.mem = mem, mem
	if c.list {
		c.ends.put32(0)
	}
	return c
}

func (c *column) free() {
	c.values.free()
	c.valid.free()
	c.ends.free()
}

func (c *column) len() int {
	if c.list {
		return c.rows
	}
	return c.values.n
}

// begin is the index of the first element of the list that is being filled.
func (c *column) begin() int { return int(c.ends.at32(c.rows)) }

// endList makes the values put since the last row one list.
func (c *column) endList() { c.closeList(true) }

func (c *column) closeList(valid bool) {
	c.ends.put32(uint32(c.values.n))
	if c.null {
		c.valid.putBit(c.rows, valid)
	}
	c.rows++
}

// putNull appends a null row.
func (c *column) putNull() {
	if c.list {
		c.closeList(false)
		return
	}
	c.values.putNull()
}

func (c *column) isNull(row int) bool {
	if c.list {
		return c.null && !c.valid.bit(row)
	}
	return c.values.isNull(row)
}

// copy appends a row of a column of the same type. It says false if there is no room.
func (c *column) copy(from *column, row int) bool {
	if !c.list {
		return c.values.copy(&from.values, row)
	}
	for i := int(from.ends.at32(row)); i < int(from.ends.at32(row+1)); i++ {
		if !c.values.copy(&from.values, i) {
			return false
		}
	}
	c.closeList(!from.isNull(row))
	return true
}

// cut keeps the first rows, and drops elements that were not yet made a list.
func (c *column) cut(rows int) {
	if !c.list {
		c.values.cut(rows)
		return
	}
	c.ends.b = c.ends.b[:4*(rows+1)]
	c.values.cut(int(c.ends.at32(rows)))
	if c.null {
		c.valid.cutBits(rows)
	}
	c.rows = rows
}

func (c *column) size() int { return c.values.size() + len(c.ends.b) + len(c.valid.b) }

func (c *column) held() int { return c.values.held() + cap(c.ends.b) + cap(c.valid.b) }

// arrow lends the rows to Arrow under the lease.
func (c *column) arrow(t arrow.DataType, l *lease) arrow.Array {
	if !c.list {
		data := c.values.arrow(t, l)
		defer data.Release()
		return array.MakeFromData(data)
	}
	elements := c.values.arrow(t.(*arrow.ListType).Elem(), l)
	defer elements.Release()
	valid, nulls := l.bitmap(c.null, &c.valid, c.rows)
	buffers := []*memory.Buffer{valid, l.lend(&c.ends)}
	data := array.NewData(t, c.rows, buffers, []arrow.ArrayData{elements}, nulls, 0)
	defer data.Release()
	release(buffers)
	return array.MakeFromData(data)
}
