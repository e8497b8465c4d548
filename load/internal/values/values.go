// Package values hands the values of columns from decoders to receivers, one at a time. It takes nulls, numbers and
// texts, and builds Arrow arrays of them; it also gives the bytes of the values that an Arrow array holds. It never
// knows the format that the values were read from.
package values

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// ErrNotUTF8 marks text that no format can hold.
var ErrNotUTF8 = errors.New("text that is not UTF-8")

// CheckText reports ErrNotUTF8 if an array, or a list in it, holds such text.
func CheckText(a arrow.Array) error {
	switch a := a.(type) {
	case *array.List:
		return CheckText(a.ListValues())
	case *array.String:
		if utf8.Valid(a.ValueBytes()) && wholeCharacters(a) {
			return nil
		}
		return ErrNotUTF8
	}
	return nil
}

// wholeCharacters reports whether no character is divided between two texts.
func wholeCharacters(a *array.String) bool {
	for i := range a.Len() {
		if text := a.Value(i); text != "" && !utf8.RuneStart(text[0]) {
			return false
		}
	}
	return true
}

// Receiver takes the values of one column in order. A *digest.Digest and a Builder are receivers.
type Receiver interface {
	AddNull()
	AddText(text []byte) // which is not kept
	Add4(v uint32)       // an int32 or a date
	Add8(v uint64)       // an int64, a double or a timestamp
	AddBool(v bool)
	BeginList()
	EndList(elements uint32)
}

// Builder adds values to an Arrow builder.
type Builder struct{ array.Builder }

// AddNull adds a null.
func (b Builder) AddNull() { b.AppendNull() }

// AddText adds a string.
func (b Builder) AddText(text []byte) { b.Builder.(*array.StringBuilder).BinaryBuilder.Append(text) }

// AddBool adds a boolean.
func (b Builder) AddBool(v bool) { b.Builder.(*array.BooleanBuilder).Append(v) }

// BeginList begins a list. The builder of its elements takes the elements.
func (b Builder) BeginList() { b.Builder.(*array.ListBuilder).Append(true) }

// EndList does nothing: a builder sees the end of a list when the next one begins.
func (b Builder) EndList(uint32) {}

// Add4 adds a value of four bytes.
func (b Builder) Add4(v uint32) {
	switch b := b.Builder.(type) {
	case *array.Int32Builder:
		b.Append(int32(v))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v))
	}
}

// Add8 adds a value of eight bytes.
func (b Builder) Add8(v uint64) {
	switch b := b.Builder.(type) {
	case *array.Int64Builder:
		b.Append(int64(v))
	case *array.Float64Builder:
		b.Append(math.Float64frombits(v))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v))
	}
}

// Fixed returns the bytes of the values of an array, and the width of each: nulls have bytes too.
func Fixed(a arrow.Array) (data []byte, width int, err error) {
	switch a.(type) {
	case *array.Int32, *array.Date32:
		width = 4
	case *array.Int64, *array.Float64, *array.Timestamp:
		width = 8
	default:
		return nil, 0, fmt.Errorf("no column may hold %s", a.DataType())
	}
	if a.Len() > 0 {
		from := a.Data().Offset() * width
		data = a.Data().Buffers()[1].Bytes()[from : from+a.Len()*width]
	}
	return data, width, nil
}

// OfString returns the bytes of s without copying. They must not be changed.
func OfString(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Append appends p, which is often short: it copies sixteen bytes at once.
func Append(dst, p []byte) []byte {
	if n := len(dst); len(p) <= 16 && cap(p) >= 16 && cap(dst)-n >= 16 {
		*(*[16]byte)(dst[n : n+16]) = [16]byte(p[:16])
		return dst[:n+len(p)]
	}
	return append(dst, p...)
}
