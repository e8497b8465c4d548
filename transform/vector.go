package transform

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
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

// vector is a run of values of one type in Arrow's own layout. Cutting it to a
// former length undoes everything appended since, also a text begun
// with data.put and not ended.
type vector struct {
	n       int
	wide    width
	valid   buffer // bitmap, kept only if some value may be null
	data    buffer
	offsets buffer
	null    bool
}

func newVector(k schemas.Kind, nullable bool, mem memory.Allocator) vector {
	v := vector{wide: widthOf(k), null: nullable}
	v.valid.mem, v.data.mem, v.offsets.mem = mem, mem, mem
	if v.wide == wideText {
		v.offsets.put32(0)
	}
	return v
}

func (v *vector) free() {
	v.valid.free()
	v.data.free()
	v.offsets.free()
}

// done counts one more value whose bytes are in place.
func (v *vector) done() {
	if v.null {
		v.valid.putBit(v.n, true)
	}
	v.n++
}

func (v *vector) text(p []byte) {
	v.data.put(p)
	v.endText()
}

// endText makes what was put into data since the last value one value.
func (v *vector) endText() {
	v.offsets.reserve(4)
	v.offsets.add32(uint32(len(v.data.b)))
	if v.null {
		v.valid.putBit(v.n, true)
	}
	v.n++
}

func (v *vector) put32(x uint32) {
	v.data.reserve(4)
	v.data.add32(x)
	if v.null {
		v.valid.putBit(v.n, true)
	}
	v.n++
}

func (v *vector) put64(x uint64) {
	v.data.reserve(8)
	v.data.add64(x)
	if v.null {
		v.valid.putBit(v.n, true)
	}
	v.n++
}

// putInt appends a count to an integer column.
func (v *vector) putInt(n int) {
	if v.wide == wide32 {
		v.put32(uint32(n))
		return
	}
	v.put64(uint64(n))
}

func (v *vector) putBool(x bool) {
	v.data.putBit(v.n, x)
	v.done()
}

// putNull appends a null; the vector must be one that holds them, or be cut back
// before it is used.
func (v *vector) putNull() {
	switch v.wide {
	case wideText:
		v.offsets.put32(uint32(len(v.data.b)))
	case wideBit:
		v.data.putBit(v.n, false)
	case wide32:
		v.data.put32(0)
	case wide64:
		v.data.put64(0)
	}
	if v.null {
		v.valid.putBit(v.n, false)
	}
	v.n++
}

func (v *vector) isNull(i int) bool { return v.null && !v.valid.bit(i) }

// bytes is value i as stored; for bits, one byte that is 0 or 1.
func (v *vector) bytes(i int) []byte {
	switch v.wide {
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

func (v *vector) equal(i int, other *vector, j int) bool {
	if v.isNull(i) || other.isNull(j) {
		return v.isNull(i) && other.isNull(j)
	}
	return bytes.Equal(v.bytes(i), other.bytes(j))
}

// copy appends value i of a vector of the same type. It says false if there is no room.
func (v *vector) copy(from *vector, i int) bool {
	if from.isNull(i) {
		v.putNull()
		return true
	}
	switch v.wide {
	case wideText:
		p := from.bytes(i)
		if !v.room(len(p)) {
			return false
		}
		v.text(p)
	case wideBit:
		v.putBool(from.data.bit(i))
	case wide32:
		v.put32(from.data.at32(i))
	case wide64:
		v.put64(from.data.at64(i))
	}
	return true
}

// room says whether n more bytes of text fit.
func (v *vector) room(n int) bool { return len(v.data.b)+n <= most && v.n < most }

// cut keeps the first n values.
func (v *vector) cut(n int) {
	switch v.wide {
	case wideText:
		v.offsets.b = v.offsets.b[:4*(n+1)]
		v.data.b = v.data.b[:v.offsets.at32(n)]
	case wideBit:
		v.data.cutBits(n)
	case wide32:
		v.data.b = v.data.b[:4*n]
	case wide64:
		v.data.b = v.data.b[:8*n]
	}
	if v.null {
		v.valid.cutBits(n)
	}
	v.n = n
}

func (v *vector) size() int { return len(v.data.b) + len(v.offsets.b) + len(v.valid.b) }

// held is how much memory the values keep, in use or not.
func (v *vector) held() int { return cap(v.data.b) + cap(v.offsets.b) + cap(v.valid.b) }

// arrow lends the values to Arrow under the lease.
func (v *vector) arrow(t arrow.DataType, l *lease) *array.Data {
	valid, nulls := l.bitmap(v.null, &v.valid, v.n)
	buffers := []*memory.Buffer{valid}
	if v.wide == wideText {
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
