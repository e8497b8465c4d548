package column

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Column is the rows of one output column: values and, for lists, where each row's
// elements end.
type Column struct {
	// Values are the values, or the elements of all lists.
	Values Vector

	kind  schemas.Kind
	list  bool
	null  bool // lists may be null
	rows  int  // of lists; otherwise Values counts
	valid buffer
	ends  buffer
}

// New makes an empty column of a type.
func New(t schemas.Type, mem memory.Allocator) *Column {
	c := &Column{kind: t.Kind, list: t.List, null: t.List && t.Nullable}
	c.Values = newVector(t.Kind, t.Nullable && !t.List || t.List && t.ElementNullable, mem)
	c.valid.mem, c.ends.mem = mem, mem
	if c.list {
		c.ends.append32(0)
	}
	return c
}

// Free returns the memory to the allocator.
func (c *Column) Free() {
	c.Values.free()
	c.valid.free()
	c.ends.free()
}

// Len is the number of rows.
func (c *Column) Len() int {
	if c.list {
		return c.rows
	}
	return c.Values.n
}

// NullableList reports whether the column holds lists and they may be null.
func (c *Column) NullableList() bool { return c.null }

// EndList makes the elements appended since the last row one row.
func (c *Column) EndList() { c.endList(true) }

func (c *Column) endList(valid bool) {
	c.ends.append32(uint32(c.Values.n))
	if c.null {
		c.valid.appendBit(c.rows, valid)
	}
	c.rows++
}

// AppendNull appends a null row. If rows may not be null, the caller must truncate
// the column before the row is used.
func (c *Column) AppendNull() {
	if c.list {
		c.endList(false)
		return
	}
	c.Values.AppendNull()
}

func (c *Column) isNull(row int) bool {
	if c.list {
		return c.null && !c.valid.bit(row)
	}
	return c.Values.isNull(row)
}

// Copy appends a row of a column of the same type. It returns false if there is no room.
func (c *Column) Copy(from *Column, row int) bool {
	if !c.list {
		return c.Values.copy(&from.Values, row)
	}
	for i := int(from.ends.at32(row)); i < int(from.ends.at32(row+1)); i++ {
		if !c.Values.copy(&from.Values, i) {
			return false
		}
	}
	c.endList(!from.isNull(row))
	return true
}

// Truncate keeps the first rows, and drops elements and text that do not make a row yet.
func (c *Column) Truncate(rows int) {
	if !c.list {
		c.Values.truncate(rows)
		return
	}
	c.ends.b = c.ends.b[:4*(rows+1)]
	c.Values.truncate(int(c.ends.at32(rows)))
	if c.null {
		c.valid.truncateBits(rows)
	}
	c.rows = rows
}

func (c *Column) size() int { return c.Values.size() + len(c.ends.b) + len(c.valid.b) }

func (c *Column) capacity() int { return c.Values.capacity() + cap(c.ends.b) + cap(c.valid.b) }
