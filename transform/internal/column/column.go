package column

import (
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// layout is how a column stores one value.
type layout uint8

const (
	text layout = iota // bytes, found by offsets
	list               // elements, found by offsets
	bit
	wide32
	wide64
)

func layoutOf(t schemas.Type) layout {
	switch {
	case t.List:
		return list
	case t.Kind == schemas.Int32 || t.Kind == schemas.Date:
		return wide32
	case t.Kind == schemas.Int64 || t.Kind == schemas.Float64 || t.Kind == schemas.Timestamp:
		return wide64
	case t.Kind == schemas.Bool:
		return bit
	}
	return text
}

// Column is a run of values of one type. Truncating it undoes everything that was
// appended since, also a text or a list that was begun and not ended.
type Column struct {
	// Elements are the elements of all lists; of a column without lists, the column itself.
	Elements *Column

	typ     schemas.Type
	layout  layout
	n       int
	nulls   []int32 // the indexes of nulls, in ascending order
	valid   buffer  // the bitmap for Arrow, made of nulls
	data    buffer
	offsets buffer
}

// New makes an empty column of a type.
func New(t schemas.Type, mem memory.Allocator) *Column {
	c := &Column{typ: t, layout: layoutOf(t)}
	c.Elements = c
	c.valid.mem, c.data.mem, c.offsets.mem = mem, mem, mem
	if t.List {
		c.Elements = New(schemas.Type{Kind: t.Kind, Nullable: t.ElementNullable}, mem)
	}
	if c.layout <= list {
		c.offsets.append32(0)
	}
	return c
}

// Free returns the memory to the allocator.
func (c *Column) Free() {
	c.valid.free()
	c.data.free()
	c.offsets.free()
	if c.layout == list {
		c.Elements.Free()
	}
}

// Len is the number of values.
func (c *Column) Len() int { return c.n }

// Nullable reports whether values may be null.
func (c *Column) Nullable() bool { return c.typ.Nullable }

// Fits reports whether n more bytes of text fit.
func (c *Column) Fits(n int) bool { return len(c.data.b)+n <= maxLength && c.n < maxLength }

// AppendText appends a text.
func (c *Column) AppendText(text []byte) {
	c.data.appendBytes(text)
	c.EndText()
}

// AddText adds a part of a text, which EndText ends.
func (c *Column) AddText(part []byte) { c.data.appendBytes(part) }

// AddJSON adds a valid JSON value, without its white space, to a text that EndText ends.
func (c *Column) AddJSON(raw []byte) {
	c.data.reserve(len(raw))
	c.data.b = jsonscan.AppendCompact(c.data.b, raw)
}

// EndText makes the parts added since the last value one value.
func (c *Column) EndText() {
	c.offsets.append32(uint32(len(c.data.b)))
	c.n++
}

// EndList makes the elements appended since the last value one value.
func (c *Column) EndList() {
	c.offsets.append32(uint32(c.Elements.n))
	c.n++
}

// Append32 appends a value of 32 bits.
func (c *Column) Append32(x uint32) {
	c.data.append32(x)
	c.n++
}

// Append64 appends a value of 64 bits.
func (c *Column) Append64(x uint64) {
	c.data.append64(x)
	c.n++
}

// AppendInt appends to a column of integers of either width.
func (c *Column) AppendInt(n int) {
	if c.layout == wide32 {
		c.Append32(uint32(n))
		return
	}
	c.Append64(uint64(n))
}

// AppendFloat appends a double. Minus zero becomes zero: engines disagree whether they are equal.
func (c *Column) AppendFloat(f float64) { c.Append64(math.Float64bits(f + 0)) }

// AppendBool appends a truth value.
func (c *Column) AppendBool(x bool) {
	c.data.appendBit(c.n, x)
	c.n++
}

// AppendNull appends a null. If values may not be null, the caller must truncate the column before the value is used.
func (c *Column) AppendNull() {
	c.nulls = append(c.nulls, int32(c.n))
	switch c.layout {
	case text:
		c.EndText()
	case list:
		c.EndList()
	case bit:
		c.AppendBool(false)
	case wide32:
		c.Append32(0)
	case wide64:
		c.Append64(0)
	}
}

func (c *Column) isNull(i int) bool {
	_, found := slices.BinarySearch(c.nulls, int32(i))
	return found
}

// span returns where the value of a text or a list begins and ends.
func (c *Column) span(i int) (from, to int) {
	return int(c.offsets.at32(i)), int(c.offsets.at32(i + 1))
}

// bytes is value i as stored; of a bit, one byte that is 0 or 1.
func (c *Column) bytes(i int) []byte {
	switch c.layout {
	case wide32:
		return c.data.b[4*i : 4*i+4]
	case wide64:
		return c.data.b[8*i : 8*i+8]
	case bit:
		return []byte{c.data.b[i>>3] >> (i & 7) & 1}
	}
	from, to := c.span(i)
	return c.data.b[from:to]
}

// Copy appends value i of a column of the same type. It returns false if there is no room.
func (c *Column) Copy(from *Column, i int) bool {
	if from.isNull(i) {
		c.AppendNull()
		return true
	}
	switch c.layout {
	case text:
		part := from.bytes(i)
		if !c.Fits(len(part)) {
			return false
		}
		c.AppendText(part)
	case list:
		for j, end := from.span(i); j < end; j++ {
			if !c.Elements.Copy(from.Elements, j) {
				return false
			}
		}
		c.EndList()
	case bit:
		c.AppendBool(from.data.bit(i))
	case wide32:
		c.Append32(from.data.at32(i))
	case wide64:
		c.Append64(from.data.at64(i))
	}
	return true
}

// Truncate keeps the first n values, and drops a text or a list that is not ended.
func (c *Column) Truncate(n int) {
	switch c.layout {
	case text:
		c.offsets.b = c.offsets.b[:4*(n+1)]
		c.data.b = c.data.b[:c.offsets.at32(n)]
	case list:
		c.offsets.b = c.offsets.b[:4*(n+1)]
		c.Elements.Truncate(int(c.offsets.at32(n)))
	case bit:
		c.data.truncateBits(n)
	case wide32:
		c.data.b = c.data.b[:4*n]
	case wide64:
		c.data.b = c.data.b[:8*n]
	}
	at, _ := slices.BinarySearch(c.nulls, int32(n))
	c.nulls, c.n = c.nulls[:at], n
}

// Size is the number of bytes of all values.
func (c *Column) Size() int {
	size, _ := c.size()
	return size
}

func (c *Column) size() (size, capacity int) {
	if c.layout == list {
		size, capacity = c.Elements.size()
	}
	return size + len(c.data.b) + len(c.offsets.b), capacity + cap(c.data.b) + cap(c.offsets.b) + cap(c.valid.b)
}
