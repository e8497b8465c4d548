package column

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// width is how a vector stores one value.
type width uint8

const (
	wideText width = iota // bytes, found by offsets
	wideBit
	wide32
	wide64
)

func widthOf(k schemas.Kind) width {
	switch k {
	case schemas.Int32, schemas.Date:
		return wide32
	case schemas.Int64, schemas.Float64, schemas.Timestamp:
		return wide64
	case schemas.Bool:
		return wideBit
	}
	return wideText
}

// Vector is a run of values of one type. Truncating its column undoes everything
// that was appended since, also a text that was begun and not ended.
type Vector struct {
	n       int
	width   width
	null    bool   // values may be null
	valid   buffer // bitmap, kept only if values may be null
	data    buffer
	offsets buffer
}

func newVector(k schemas.Kind, nullable bool, mem memory.Allocator) Vector {
	v := Vector{width: widthOf(k), null: nullable}
	v.valid.mem, v.data.mem, v.offsets.mem = mem, mem, mem
	if v.width == wideText {
		v.offsets.append32(0)
	}
	return v
}

func (v *Vector) free() {
	v.valid.free()
	v.data.free()
	v.offsets.free()
}

// Nullable reports whether values may be null.
func (v *Vector) Nullable() bool { return v.null }

// Fits reports whether n more bytes of text fit.
func (v *Vector) Fits(n int) bool { return len(v.data.b)+n <= maxLength && v.n < maxLength }

// AppendText appends a text.
func (v *Vector) AppendText(text []byte) {
	v.data.appendBytes(text)
	v.EndText()
}

// AddText adds a part of a text, which EndText ends.
func (v *Vector) AddText(part []byte) { v.data.appendBytes(part) }

// AddJSON adds a valid JSON value, without its white space, to a text that EndText ends.
func (v *Vector) AddJSON(raw []byte) {
	v.data.reserve(len(raw))
	v.data.b = jsonscan.AppendCompact(v.data.b, raw)
}

// EndText makes the parts added since the last value one value.
func (v *Vector) EndText() {
	v.offsets.reserve(4)
	v.offsets.add32(uint32(len(v.data.b)))
	v.count()
}

// count counts one more value, not null, whose bytes are in place.
func (v *Vector) count() {
	if v.null {
		v.valid.appendBit(v.n, true)
	}
	v.n++
}

// Append32 appends a value of 32 bits.
func (v *Vector) Append32(x uint32) {
	v.data.append32(x)
	v.count()
}

// Append64 appends a value of 64 bits.
func (v *Vector) Append64(x uint64) {
	v.data.append64(x)
	v.count()
}

// AppendInt appends to a column of integers of either width.
func (v *Vector) AppendInt(n int) {
	if v.width == wide32 {
		v.Append32(uint32(n))
		return
	}
	v.Append64(uint64(n))
}

// AppendBool appends a truth value.
func (v *Vector) AppendBool(x bool) {
	v.data.appendBit(v.n, x)
	v.count()
}

// AppendNull appends a null. If values may not be null, the caller must truncate
// the column before the row is used.
func (v *Vector) AppendNull() {
	switch v.width {
	case wideText:
		v.offsets.append32(uint32(len(v.data.b)))
	case wideBit:
		v.data.appendBit(v.n, false)
	case wide32:
		v.data.append32(0)
	case wide64:
		v.data.append64(0)
	}
	if v.null {
		v.valid.appendBit(v.n, false)
	}
	v.n++
}

func (v *Vector) isNull(i int) bool { return v.null && !v.valid.bit(i) }

// bytes is value i as stored; of a bit, one byte that is 0 or 1.
func (v *Vector) bytes(i int) []byte {
	switch v.width {
	case wide32:
		return v.data.b[4*i : 4*i+4]
	case wide64:
		return v.data.b[8*i : 8*i+8]
	case wideBit:
		if v.data.bit(i) {
			return oneByte
		}
		return zeroByte
	}
	return v.data.b[v.offsets.at32(i):v.offsets.at32(i+1)]
}

var zeroByte, oneByte = []byte{0}, []byte{1}

func (v *Vector) equal(i, j int) bool {
	if v.isNull(i) || v.isNull(j) {
		return v.isNull(i) && v.isNull(j)
	}
	return bytes.Equal(v.bytes(i), v.bytes(j))
}

// copy appends value i of a vector of the same type. It returns false if there is no room.
func (v *Vector) copy(from *Vector, i int) bool {
	if from.isNull(i) {
		v.AppendNull()
		return true
	}
	switch v.width {
	case wideText:
		text := from.bytes(i)
		if !v.Fits(len(text)) {
			return false
		}
		v.AppendText(text)
	case wideBit:
		v.AppendBool(from.data.bit(i))
	case wide32:
		v.Append32(from.data.at32(i))
	case wide64:
		v.Append64(from.data.at64(i))
	}
	return true
}

// truncate keeps the first n values.
func (v *Vector) truncate(n int) {
	switch v.width {
	case wideText:
		v.offsets.b = v.offsets.b[:4*(n+1)]
		v.data.b = v.data.b[:v.offsets.at32(n)]
	case wideBit:
		v.data.truncateBits(n)
	case wide32:
		v.data.b = v.data.b[:4*n]
	case wide64:
		v.data.b = v.data.b[:8*n]
	}
	if v.null {
		v.valid.truncateBits(n)
	}
	v.n = n
}

func (v *Vector) size() int { return len(v.data.b) + len(v.offsets.b) + len(v.valid.b) }

// capacity is how much memory the values keep, in use or not.
func (v *Vector) capacity() int { return cap(v.data.b) + cap(v.offsets.b) + cap(v.valid.b) }
